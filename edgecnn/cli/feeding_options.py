"""Options that state what a model file leaves out, for a Keras model or a file from another tool."""

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
        help="Pixel range that the model expects, before its own scaling layers.  [default: 0..255]",
    ),
    click.option(
        "--colour",
        type=OneOf(("RGB", "BGR", "L")),
        help="Channel order that it expects.  [default: RGB, or L for one channel]",
    ),
    click.option("--resize", type=OneOf(RESIZE_FILTERS), help="Filter for resizing pictures.  [default: bilinear]"),
    click.option(
        "--fit",
        type=OneOf(FITS),
        help="How to fit pictures of another shape.  [default: stretch]",
    ),
    click.option(
        "--task",
        type=OneOf(TASKS),
        hidden=len(TASKS) == 1,
        help="What its scores are.  [default: detected]",
    ),
)

_CODE = (
    click.option(
        "--trust-code",
        is_flag=True,
        help="Load the Keras model even if it runs code: Lambda layers, operations that access files.",
    ),
    click.option(
        "--code",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        metavar="FILE",
        help="Python file that defines the Keras model's custom classes. It is executed.",
    ),
)


_FOREIGN = (
    click.option(
        "--labels",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Class names in the model's order, one per line.",
    ),
    click.option(
        "--scores",
        type=OneOf(one.value for one in Scores),
        help="What a file not made by edgecnn outputs.  [default: detected]",
    ),
    click.option("--layout", type=OneOf(LAYOUTS), help="Layout of its input, if the shape is ambiguous."),
    click.option("--size", type=IMAGE_SIZE, help="Width and height of its input, if the file leaves them open."),
    click.option(
        "--contract",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="File that states all of this (see docs/backends.md).  [default: MODEL.contract.json, if present]",
    ),
)


def _feeding(  # named like the options
    *,
    scale: tuple[tuple[float, ...], tuple[float, ...]] | None = None,
    labels: Path | None = None,
    scores: str | None = None,
    size: tuple[int, int] | None = None,
    task: str | None = None,
    contract: Path | None = None,
    **preprocessing: str | None,
) -> Feeding:
    """Return the options as a feeding; `size` is width, height in the option and height, width in the result."""
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
        raise click.UsageError("--contract replaces the single options; give one or the other")
    from edgecnn.runtime.side_file import read_side_file

    return read_side_file(contract)


def _loading(*, trust_code: bool, code: Path | None) -> KerasLoading:
    return KerasLoading(trust_code, None if code is None else str(code))


loading_options = OptionSet("loading", *_CODE, build=_loading)
"""The options that say which code of a Keras model may run."""

pixel_options = OptionSet("feeding", *_PIXELS, build=_feeding)
"""The options for the input of a Keras model."""

feeding_options = OptionSet("feeding", *_PIXELS, *_FOREIGN, build=_feeding)
"""`pixel_options` and the options for files not made by edgecnn."""
