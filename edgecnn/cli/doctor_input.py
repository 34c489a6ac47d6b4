"""`edgecnn doctor input`."""

from __future__ import annotations

from pathlib import Path

import click

from edgecnn.cli.feeding_options import loading_options, pixel_options
from edgecnn.cli.option_types import FiniteRange
from edgecnn.cli.options import as_json, backend, threads
from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasLoading


@click.command("input")
@click.argument("model")
@click.option("--images", metavar="DATA", required=True, help="Labelled images: a name, a folder, or an .npz file.")
@click.option("--labels", type=click.Path(path_type=Path), help="Class names in the model's order, one per line.")
@click.option(
    "--seen",
    type=FiniteRange(0, 100),
    metavar="PERCENT",
    help="Percent that your own program gets right; find the mistake that explains it.",
)
@click.option("--count", type=click.IntRange(10), default=500, show_default=True, help="Use at most this many images.")
@backend
@threads
@pixel_options
@loading_options
@as_json
def command(
    model: str,
    images: str,
    labels: Path | None,
    seen: float | None,
    count: int,
    backend: str | None,
    threads: int,
    feeding: Feeding,
    loading: KerasLoading,
    as_json: bool,
) -> None:
    """Find out what input MODEL, a Keras model or an artifact, expects, and what a wrong one would cost.

    \b
    edgecnn doctor input my.keras --images val/ --scale 0..1    is that the right scale?
    edgecnn doctor input my-int8.tflite --images val/ --seen 62.9    what does my program do wrong?

    It tries RGB and BGR, pixels 0..255, 0..1, -1..1 and others, int8 wrap-around, channels first, the filters and
    fits for resizing, and labels in another order, and prints the accuracy of each.
    """
    from edgecnn.checkup.input import diagnose_input
    from edgecnn.cli.screen import print_json, print_line, print_table
    from edgecnn.data.labels import read_unique_labels
    from edgecnn.models.registry import model_path
    from edgecnn.redirect import output_to
    from edgecnn.runtime.load import open_model
    from edgecnn.schema import encode
    from edgecnn.task import find_task

    with output_to():  # the runtimes print banners
        opened = open_model(model_path(model), threads, backend, feeding=feeding, loading=loading)
    found = diagnose_input(
        opened,
        images,
        labels=None if labels is None else read_unique_labels(labels),
        count=count,
        seen=None if seen is None else seen / 100,
    )
    if as_json:
        print_json(encode(found))
        return
    rows = [[one.name, f"{one.top1.value:.1%}", f"{one.top1.low:.1%} to {one.top1.high:.1%}"] for one in found.tried]
    print_table(("fed", find_task(opened.contract.task).accuracy, "95 %"), rows, title=f"{found.images} images")
    print_line(found.sentence)
