"""Classifying any number of pictures one at a time, with errors reported for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from edgecnn.answers import FORMS, as_words
from edgecnn.errors import DataError
from edgecnn.pictures import find_all, is_one_file
from edgecnn.preprocess import load_image

if TYPE_CHECKING:
    from edgecnn.answers import Answers, Form, Streams
    from edgecnn.pictures import Found
    from edgecnn.runtime.classifier import Classifier

    Classified = tuple[str, Answers] | DataError


def classify_pictures(classifier: Classifier, pictures: Iterable[str | DataError], top: int) -> Iterator[Classified]:
    """Yield the path and the answers for each picture, or the error of one that cannot be read; nothing is kept.

    Args:
        classifier: the loaded model.
        pictures: paths, and errors for those not found, as `edgecnn.pictures` yields them.
        top: how many labels of each, best first.
    """
    shape, preprocessing = classifier.shape, classifier.contract.preprocessing
    for picture in pictures:
        if isinstance(picture, DataError):
            yield picture
            continue
        try:
            pixels = load_image(picture, shape, preprocessing)
        except DataError as error:
            yield error
            continue
        yield picture, classifier.top(pixels, top)


def write_answers(
    classifier: Classifier,
    arguments: Sequence[str],
    streams: Streams,
    *,
    form: str = "text",
    top: int = 3,
    separator: bytes = b"\n",
) -> None:
    """Write the answers for the pictures that a command names, and a line for each that cannot be read.

    Args:
        classifier: the loaded model.
        arguments: files, folders, globs, or "-" for a list of paths.
        streams: the streams for answers, errors, and such a list.
        form: one of `edgecnn.answers.FORMS`; a single picture as text goes without its name.
        top: how many labels of each.
        separator: the byte between the paths of a list.

    Raises:
        DataError: a picture could not be classified; where there are several, after all of them.
    """
    top = min(top, len(classifier.labels))
    if len(arguments) == 1 and is_one_file(arguments[0]):
        (classified,) = classify_pictures(classifier, arguments, top)
        if isinstance(classified, DataError):
            raise classified
        write, end = (as_words if form == "text" else FORMS[form])(streams.output, top)
        write(*classified)
        end()
    else:
        pictures = find_all(arguments, streams.paths, separator)
        _write_many(classifier, pictures, streams, FORMS[form](streams.output, top), top)


def _write_many(classifier: Classifier, pictures: Found, streams: Streams, form: Form, top: int) -> None:
    from edgecnn.ticking import ticking

    write, end = form
    answered = refused = 0
    with ticking(streams, write) as (write_and_tick, write_error):
        for classified in classify_pictures(classifier, pictures, top):
            if isinstance(classified, DataError):
                refused += 1
                write_error(classified)
            else:
                write_and_tick(*classified)
                answered += 1
    end()
    if refused:
        raise DataError(f"{refused:,} of {answered + refused:,} could not be classified; the lines above say why")
