"""Classifying pictures one after the other, however many there are and whatever some of them are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from edgecnn.answers import FORMS, as_words
from edgecnn.errors import DataError
from edgecnn.pictures import LIST, find_pictures, is_one_file, read_list
from edgecnn.preprocess import load_image

if TYPE_CHECKING:
    from edgecnn.answers import Form, Write
    from edgecnn.pictures import Found
    from edgecnn.runtime.classifier import Classifier

_ANY_NAME: dict[str, Any] = {"encoding": "utf-8", "errors": "surrogateescape", "newline": ""}
"""How file names that are no UTF-8, or have line breaks, come out as they are."""


def print_answers(
    classifier: Classifier, arguments: Sequence[str], *, form: str = "text", top: int = 3, separator: bytes = b"\n"
) -> None:
    """Print what is in the pictures that the arguments of a command mean, and a line on stderr for each broken one.

    Args:
        classifier: the loaded model.
        arguments: files, folders, globs, or "-" for a list on standard input.
        form: one of `edgecnn.answers.FORMS`; a single picture as text goes without its name.
        top: how many labels of each.
        separator: the byte between the paths of a list.

    Raises:
        DataError: a picture could not be classified; where there are several, after all of them.
    """
    top = min(top, len(classifier.labels))
    with open(sys.stdout.fileno(), "w", closefd=False, **_ANY_NAME) as stream:
        if len(arguments) == 1 and is_one_file(arguments[0]):
            _print_one(classifier, arguments[0], (as_words if form == "text" else FORMS[form])(stream, top), top)
        else:
            _print_many(classifier, _found(arguments, separator), stream, FORMS[form](stream, top), top)


def classify_pictures(
    classifier: Classifier,
    found: Iterable[str | DataError],
    top: int,
    write: Write,
    refuse: Callable[[DataError], object],
) -> tuple[int, int]:
    """Return how many pictures were answered and how many could not be; nothing of them is kept.

    Args:
        classifier: the loaded model.
        found: paths, and errors in the place of what could not be found, as `edgecnn.pictures` yields them.
        top: how many labels of each are written.
        write: called with the path and the answers, best first.
        refuse: called with each error; the others go on, unless it raises.
    """
    shape, preprocessing = classifier.shape, classifier.contract.preprocessing
    answered = refused = 0
    for one in found:
        if isinstance(one, DataError):
            refused += 1
            refuse(one)
            continue
        try:
            pixels = load_image(one, shape, preprocessing)
        except DataError as error:
            refused += 1
            refuse(error)
            continue
        write(one, classifier.top(pixels, top))
        answered += 1
    return answered, refused


def _print_one(classifier: Classifier, image: str, form: Form, top: int) -> None:
    """Raise the error of a broken picture before anything is written."""
    write, end = form
    pixels = load_image(image, classifier.shape, classifier.contract.preprocessing)
    write(image, classifier.top(pixels, top))
    end()


def _print_many(classifier: Classifier, found: Found, stream: TextIO, form: Form, top: int) -> None:
    from edgecnn.ticking import ticking

    write, end = form
    with ticking(stream, write) as (write_and_tick, print_error):
        answered, refused = classify_pictures(classifier, found, top, write_and_tick, print_error)
    end()
    if refused:
        raise DataError(f"{refused:,} of {answered + refused:,} could not be classified; the lines above say why")


def _found(arguments: Sequence[str], separator: bytes) -> Found:
    """Yield what all arguments mean, one after the other."""
    for argument in arguments:
        yield from read_list(sys.stdin.buffer, separator) if argument == LIST else find_pictures(argument)
