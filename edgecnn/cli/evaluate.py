"""`edgecnn evaluate`."""

from __future__ import annotations

import dataclasses

import click

from edgecnn.cli.feeding_options import feeding_options, loading_options
from edgecnn.cli.options import as_json, backend, threads
from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasLoading
from edgecnn.models.registry import DEFAULT


@click.command("evaluate")
@click.argument("model", default=DEFAULT)
@click.option("--data", default="sample", show_default=True, help="Labelled images: a name, a folder, or an .npz file.")
@backend
@threads
@feeding_options
@loading_options
@as_json
def command(
    model: str, data: str, backend: str | None, threads: int, feeding: Feeding, loading: KerasLoading, as_json: bool
) -> None:
    """Measure top-1 and loss of MODEL: a .keras, .tflite or .onnx file, or the name of a shipped model.

    "--data cifar10" uses all 10,000 test images, after `edgecnn data fetch`; "sample" uses 2,000 of them.
    """
    from edgecnn.cli.loading import load_classifier
    from edgecnn.cli.screen import print_json, print_line
    from edgecnn.models.registry import model_path
    from edgecnn.runtime.evaluate import evaluate

    classifier = load_classifier(model_path(model), threads, backend, feeding, loading)
    found = evaluate(classifier, data)
    if as_json:
        print_json({**dataclasses.asdict(found), "top1": found.top1})
    else:
        print_line(
            f"{classifier.task.accuracy} {found.top1:.2%} ({found.correct:,} of {found.images:,}), "
            f"loss {found.loss:.4f}, {found.data}"
        )
