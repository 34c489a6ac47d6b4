"""Output formats for the answers about pictures, written one picture at a time.

A form is a function that takes the stream and the number of labels, and returns two functions: one writes the answers
for a picture, the other ends the text.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, TextIO

from edgecnn.text import plain, visible

if TYPE_CHECKING:
    from edgecnn.task import Answer

Answers = tuple["Answer", ...]
Write = Callable[[str, Answers], object]
End = Callable[[], object]
Form = tuple[Write, End]


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams that a command reads and writes.

    Attributes:
        paths: the source of lists of pictures.
        output: receives the answers.
        errors: receives a line for each picture that cannot be read.
    """

    paths: BinaryIO
    output: TextIO
    errors: TextIO


@contextlib.contextmanager
def standard_streams() -> Iterator[Streams]:
    """Yield the streams of this process; file names are written unchanged, even with line breaks or invalid UTF-8."""
    with open(  # a descriptor
        sys.stdout.fileno(), "w", encoding="utf-8", errors="surrogateescape", newline="", closefd=False
    ) as output:
        yield Streams(sys.stdin.buffer if sys.stdin else io.BytesIO(), output, sys.stderr)  # stdin may be closed


def as_text(stream: TextIO, _: int) -> Form:
    """Return a form for people: `path: label 93 %, label 4 %`. Invisible characters in a path are escaped."""

    def write(path: str, answers: Answers) -> None:
        stream.write(f"{visible(path)}: {_words(answers)}\n")

    return write, _nothing


def as_words(stream: TextIO, _: int) -> Form:
    """Return `as_text` without the path, for a single picture."""

    def write(_path: str, answers: Answers) -> None:
        stream.write(f"{_words(answers)}\n")

    return write, _nothing


def as_csv(stream: TextIO, top: int) -> Form:
    """Return a form with the columns image, label, score, label_2, score_2 and so on, quoted as in RFC 4180."""
    import csv

    row = csv.writer(stream, lineterminator="\n").writerow
    more = (f"{name}_{number}" for number in range(2, top + 1) for name in ("label", "score"))
    row(("image", "label", "score", *more))

    def write(path: str, answers: Answers) -> None:
        row((path, *(part for one in answers for part in (one.label, f"{one.score:.6g}"))))

    return write, _nothing


def as_jsonl(stream: TextIO, _: int) -> Form:
    """Return a form with one JSON object a line. Invalid UTF-8 in a path is escaped as in PEP 383."""

    def write(path: str, answers: Answers) -> None:
        stream.write(_encoded(path, answers, None) + "\n")

    return write, _nothing


def as_json(stream: TextIO, _: int) -> Form:
    """Return a form that is one JSON array of the objects of `as_jsonl`, for programs that read all at once."""
    before = "["

    def write(path: str, answers: Answers) -> None:
        nonlocal before
        stream.write(before + "\n" + _encoded(path, answers, 1))
        before = ","

    def end() -> None:
        stream.write("[]\n" if before == "[" else "\n]\n")

    return write, end


FORMS: dict[str, Callable[[TextIO, int], Form]] = {
    "text": as_text,
    "csv": as_csv,
    "jsonl": as_jsonl,
    "json": as_json,
}


def _nothing() -> None:
    """Write nothing."""


def _words(answers: Answers) -> str:
    return ", ".join(f"{plain(one.label)} {one.score * 100:.0f} %" for one in answers)


def _encoded(path: str, answers: Answers, indent: int | None) -> str:
    found = {"image": path, "answers": [{"label": one.label, "score": one.score} for one in answers]}
    return json.dumps(found, indent=indent)
