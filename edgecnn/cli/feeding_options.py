"""The options that say about a model what its file does not: a Keras model, or what another tool exported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from edgecnn.cli.option_types import IMAGE_SIZE, SCALE, OneOf
from edgecnn.cli.options import OptionSet
from edgecnn.contract import FITS, LAYOUTS, RESIZE_FILTERS, Preprocessing
from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasLoading
from edgecnn.spec import Scores
from edgecnn.task import TASKS

_PIXELS = (
    click.option(
        "--scale",
        type=SCALE,
        help="What the model expects pixels to be scaled to, beside what its own layers do.  [default: 0..255]",
    ),
    click.option(
        "--colour",
        type=OneOf(("RGB", "BGR", "L")),
        help="Order of the channels that it expects.  [default: RGB, or L where there is one]",
    ),
    click.option("--resize", type=OneOf(RESIZE_FILTERS), help="Filter for pictures.  [default: bilinear]"),
    click.option(
        "--fit",
        type=OneOf(FITS),
        help="How pictures of another shape are brought to the input's.  [default: stretch]",
    ),
    click.option(
        "--task",
        type=OneOf(TASKS),
        hidden=len(TASKS) == 1,
        help="What its scores mean.  [default: found out]",
    ),
)

_CODE = (
    click.option(
        "--trust-code",
        is_flag=True,
        help="Load the Keras model even if it runs code: Lambda layers, operations that reach files.",
    ),
    click.option(
        "--code",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        metavar="FILE",
        help="Python file that defines the Keras model's own classes. It is run.",
    ),
)


_FOREIGN = (
    click.option(
        "--labels",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Class names in its order, one a line.",
    ),
    click.option(
        "--scores",
        type=OneOf(one.value for one in Scores),
        help="What a file that edgecnn did not make gives.  [default: found out]",
    ),
    click.option("--layout", type=OneOf(LAYOUTS), help="Of its input, where the shape does not tell."),
    click.option("--size", type=IMAGE_SIZE, help="Width and height of its input, where the file leaves them open."),
    click.option(
        "--contract",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="All of this in a file (see docs/backends.md).  [default: MODEL.contract.json, if there]",
    ),
)


def _feeding(  # the names are those of the options
    *,
    scale: tuple[tuple[float, ...], tuple[float, ...]] | None = None,
    labels: Path | None = None,
    scores: str | None = None,
    size: tuple[int, int] | None = None,
    task: str | None = None,
    contract: Path | None = None,
    **preprocessing: str | None,
) -> Feeding:
    """Return what the options say; `size` is width and height there, and height and width in the result."""
    from edgecnn.data.labels import read_labels

    known: dict[str, Any] = {name: value for name, value in preprocessing.items() if value is not None}
    if scale is not None:
        known |= {"scale": scale[0], "offset": scale[1]}
    feeding = Feeding(
        preprocessing=Preprocessing(**known) if known else None,
        labels=None if labels is None else read_labels(labels),
        scores=None if scores is None else Scores(scores),
        size=None if size is None else size[::-1],
        task=task,
    )
    if contract is None:
        return feeding
    if feeding != Feeding():
        raise click.UsageError("--contract states everything; give it, or the single options")
    from edgecnn.runtime.side_file import read_side_file

    return read_side_file(contract)


def _loading(*, trust_code: bool, code: Path | None) -> KerasLoading:
    return KerasLoading(trust_code, None if code is None else str(code))


loading_options = OptionSet("loading", *_CODE, build=_loading)
"""What of a Keras model may run."""

pixel_options = OptionSet("feeding", *_PIXELS, build=_feeding)
"""How a Keras model is fed."""

feeding_options = OptionSet("feeding", *_PIXELS, *_FOREIGN, build=_feeding)
"""Those of `pixel_options`, and those about files that edgecnn did not make."""
