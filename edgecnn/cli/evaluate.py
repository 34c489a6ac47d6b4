"""`edgecnn evaluate`."""

from __future__ import annotations

import dataclasses

import click

from edgecnn.cli.feeding_options import feeding_options, loading_options, print_notes
from edgecnn.cli.options import as_json, backend, threads
from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasLoading
from edgecnn.models.registry import DEFAULT, SHIPPED


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

    "--data cifar10" is all 10,000 test images, after `edgecnn data fetch`; "sample" is 2,000 of them.
    """
    from edgecnn.cli.screen import print_json
    from edgecnn.data.sources import open_dataset
    from edgecnn.models.registry import find_model_file
    from edgecnn.models.score import score
    from edgecnn.redirect import output_to
    from edgecnn.runtime.load import load

    path = find_model_file(model) if model in SHIPPED else model
    with output_to():  # the runtimes announce themselves
        classifier = load(path, threads, backend, feeding=feeding, loading=loading)
    print_notes(classifier.contract)
    dataset = open_dataset(
        data,
        classifier.shape,
        classifier.labels,
        preprocessing=classifier.contract.preprocessing,
        task=classifier.contract.task,
    )
    found = score(classifier.predict(dataset.images), dataset)
    if as_json:
        print_json({**dataclasses.asdict(found), "top1": found.top1})
    else:
        click.echo(
            f"top-1 {found.top1:.2%} ({found.correct:,} of {found.images:,}), loss {found.loss:.4f}, {found.data}"
        )
