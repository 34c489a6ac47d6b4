"""The forms that answers about pictures are written in, one picture at a time.

A form is a function that is given the stream and how many labels are asked for, and returns two functions: one that
writes what was found in a picture, and one that ends the text.
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
    """What a command reads and writes.

    Attributes:
        paths: lists of pictures are read from it.
        output: answers are written to it.
        errors: a line for each picture that cannot be read.
    """

    paths: BinaryIO
    output: TextIO
    errors: TextIO


@contextlib.contextmanager
def standard_streams() -> Iterator[Streams]:
    """Yield those of this process; file names that are no UTF-8, or have line breaks, go out as they are."""
    with open(  # a descriptor
        sys.stdout.fileno(), "w", encoding="utf-8", errors="surrogateescape", newline="", closefd=False
    ) as output:
        yield Streams(sys.stdin.buffer if sys.stdin else io.BytesIO(), output, sys.stderr)  # stdin may be closed


def as_text(stream: TextIO, _: int) -> Form:
    """Return a form for people: `path: label 93 %, label 4 %`. What cannot be seen in a path is escaped."""

    def write(path: str, answers: Answers) -> None:
        stream.write(f"{visible(path)}: {_words(answers)}\n")

    return write, _nothing


def as_words(stream: TextIO, _: int) -> Form:
    """Return `as_text` without the path, for a single picture."""

    def write(_path: str, answers: Answers) -> None:
        stream.write(f"{_words(answers)}\n")

    return write, _nothing


def as_csv(stream: TextIO, top: int) -> Form:
    """Return a form with the columns image, label, score, label_2, score_2 and so on, quoted as RFC 4180 says."""
    import csv

    row = csv.writer(stream, lineterminator="\n").writerow
    more = (f"{name}_{number}" for number in range(2, top + 1) for name in ("label", "score"))
    row(("image", "label", "score", *more))

    def write(path: str, answers: Answers) -> None:
        row((path, *(part for one in answers for part in (one.label, f"{one.score:.6g}"))))

    return write, _nothing


def as_jsonl(stream: TextIO, _: int) -> Form:
    """Return a form with one JSON object a line. Bytes of a path that are no UTF-8 are escaped as PEP 383 says."""

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
