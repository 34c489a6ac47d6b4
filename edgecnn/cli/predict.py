"""`edgecnn predict`."""

from __future__ import annotations

from pathlib import Path

import click

from edgecnn.cli.keras_options import keras_options
from edgecnn.cli.options import OneOf, as_json, threads
from edgecnn.contract import KerasOptions
from edgecnn.runtime.backend import BACKENDS


@click.command("predict")
@click.argument("images", nargs=-1, required=True)
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    help="A .tflite, .onnx or .keras file.  [default: the shipped int8 model]",
)
@click.option("--top", type=click.IntRange(1), default=3, show_default=True, help="How many labels to show.")
@click.option("--backend", type=OneOf(BACKENDS), help="Runtime to use.  [default: the first installed one]")
@threads
@keras_options
@as_json
def command(
    images: tuple[str, ...],
    model: Path | None,
    top: int,
    backend: str | None,
    threads: int,
    keras: KerasOptions,
    as_json: bool,
) -> None:
    """Classify IMAGES: files of any size and format that Pillow reads.

    A picture is turned upright, brought to the model's size as its contract says, and nothing else.
    """
    from edgecnn.noise import output_to
    from edgecnn.preprocess import load_image, top_answers
    from edgecnn.runtime.load import load
    from edgecnn.runtime.shipped import default_artifact

    with output_to():  # the runtimes announce themselves
        classifier = load(model or default_artifact(backend), threads, backend, keras=keras)
    preprocessing = classifier.contract.preprocessing
    found = []
    for image in images:
        answers = top_answers(
            classifier.predict(load_image(image, classifier.shape, preprocessing)), classifier.labels, top
        )
        if as_json:
            found.append({"image": image, "answers": [{"label": one.label, "score": one.score} for one in answers]})
        else:
            words = ", ".join(f"{one.label} {one.score:.0%}".replace("%", " %") for one in answers)
            click.echo(f"{image}: {words}" if len(images) > 1 else words)
    if as_json:
        from edgecnn.cli.screen import print_json

        print_json(found)
