"""The options that say about a model what its file does not: a Keras model, or what another tool exported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from edgecnn.cli.option_types import IMAGE_SIZE, SCALE, OneOf
from edgecnn.cli.options import OptionSet
from edgecnn.cli.screen import print_line
from edgecnn.contract import FITS, LAYOUTS, RESIZE_FILTERS, Contract, Preprocessing, notes_of
from edgecnn.model_options import ModelOptions
from edgecnn.spec import Scores

_FEEDING = (
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


def _stated(  # the names are those of the options
    *,
    trust_code: bool,
    code: Path | None,
    scale: tuple[tuple[float, ...], tuple[float, ...]] | None = None,
    labels: Path | None = None,
    scores: str | None = None,
    size: tuple[int, int] | None = None,
    contract: Path | None = None,
    **preprocessing: str | None,
) -> ModelOptions:
    """Return what the options say; `size` is width and height there, and height and width in the result."""
    from edgecnn.data.labels import read_labels

    known: dict[str, Any] = {name: value for name, value in preprocessing.items() if value is not None}
    if scale is not None:
        known |= {"scale": scale[0], "offset": scale[1]}
    options = ModelOptions(
        preprocessing=Preprocessing(**known) if known else None,
        trust_code=trust_code,
        code=None if code is None else str(code),
        labels=None if labels is None else read_labels(labels),
        scores=None if scores is None else Scores(scores),
        size=None if size is None else size[::-1],
    )
    return options if contract is None else _from_file(contract, options)


def _from_file(file: Path, options: ModelOptions) -> ModelOptions:
    from edgecnn.runtime.side_file import read_side_file

    if options.preprocessing is not None or options.feeding:
        raise click.UsageError("--contract states everything; give it, or the single options")
    stated = read_side_file(file)
    return replace(stated, trust_code=options.trust_code, code=options.code)


code_options = OptionSet("keras", *_CODE, build=_stated)
"""Those about code alone, for commands that know from artifacts how the Keras model is fed."""

keras_options = OptionSet("keras", *_FEEDING, *_CODE, build=_stated)
"""Those about a Keras model."""

model_options = OptionSet("keras", *_FEEDING, *_CODE, *_FOREIGN, build=_stated)
"""Those of `keras_options`, and those about files that edgecnn did not make."""


def print_notes(contract: Contract) -> None:
    """Print to stderr what was assumed about a file that edgecnn did not make."""
    for note in notes_of(contract):
        print_line(f"edgecnn: note: {note}", err=True)
