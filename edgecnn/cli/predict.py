"""`edgecnn predict`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from edgecnn.answers import FORMS, standard_streams
from edgecnn.cli.feeding_options import feeding_options, loading_options
from edgecnn.cli.option_types import OneOf
from edgecnn.cli.options import backend, threads

if TYPE_CHECKING:
    from edgecnn.feeding import Feeding
    from edgecnn.keras_loading import KerasLoading


@click.command("predict")
@click.argument("images", nargs=-1, required=True)
@click.option("--model", type=click.Path(), help="A .tflite, .onnx or .keras file.  [default: the shipped int8 model]")
@click.option("--top", type=click.IntRange(1), default=3, show_default=True, help="How many labels to show.")
@click.option(
    "--format",
    "form",
    type=OneOf(FORMS),
    default="text",
    show_default=True,
    help="Output format; jsonl is one JSON object per line.",
)
@click.option("--json", "form", flag_value="json", help="The same as --format json: one array.")
@click.option("-0", "--null", is_flag=True, help="Paths on standard input end in a NUL byte, as from find -print0.")
@backend
@threads
@feeding_options
@loading_options
def command(
    images: tuple[str, ...],
    model: str | None,
    top: int,
    form: str,
    null: bool,
    backend: str | None,
    threads: int,
    feeding: Feeding,
    loading: KerasLoading,
) -> None:
    """Classify IMAGES: files of any size and format that Pillow reads, folders, quoted globs, or - for a list.

    A picture is turned upright and resized as the model's contract says, nothing else. Folders are searched
    recursively, in the order of the file system. With -, paths come from standard input, one per line.

    \b
    edgecnn predict photos --format csv > answers.csv
    edgecnn predict 'photos/**/*.jpg' --top 1
    find photos -name '*.jpg' -print0 | edgecnn predict - -0 --format jsonl

    A picture that cannot be read is reported on stderr; the rest continue, and the exit status is 1.
    """
    from edgecnn.cli.loading import load_classifier
    from edgecnn.runtime.classify import write_answers

    classifier = load_classifier(model, threads, backend, feeding, loading)
    with standard_streams() as streams:
        write_answers(classifier, images, streams, form=form, top=top, separator=b"\0" if null else b"\n")
