"""The options of `edgecnn export` for which files to make, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from edgecnn.cli.option_types import SEED, ManyOf, OneOf
from edgecnn.cli.options import OptionSet, field_option
from edgecnn.export.target import TARGETS
from edgecnn.model_files import MODEL_FILES
from edgecnn.spec import (
    ACTIVATION_DTYPES,
    CALIBRATION_SIZE,
    IO_DTYPES,
    MAX_GOLDEN,
    ExportSpec,
    Format,
    Method,
    Precision,
    Quantization,
)

if TYPE_CHECKING:
    from edgecnn.data.choice import Draw

_ALL = "all"


def _spec(  # named like the options
    *,
    int8: bool,
    precisions: tuple[str, ...],
    formats: tuple[str, ...],
    io: str,
    per_tensor: bool,
    method: str,
    **others: Any,
) -> ExportSpec:
    asked = {*precisions, *([Precision.INT8.value] if int8 else [])}
    return ExportSpec(
        formats=tuple(map(Format, formats)),
        precisions=tuple(
            precision for precision in Precision if precision.is_full or not asked.isdisjoint((precision.value, _ALL))
        ),
        quantization=Quantization(io=io, per_channel=not per_tensor, method=Method(method)),
        **others,
    )


spec_options = OptionSet(
    "spec",
    click.option("--int8", is_flag=True, help="Also make int8 files, in addition to float32."),
    click.option(
        "--precisions",
        type=ManyOf((*(precision.value for precision in Precision), _ALL)),
        default=Precision.FLOAT32.value,
        show_default=True,
        help="Precisions to make; float32 is always made.",
    ),
    field_option(
        ExportSpec,
        "formats",
        type=ManyOf(file_format.value for file_format in MODEL_FILES),
        help="File formats to make.",
    ),
    field_option(ExportSpec, "target", type=OneOf(TARGETS), help="Target device; it decides how int8 files are made."),
    field_option(
        Quantization,
        "method",
        type=OneOf(method.value for method in Method),
        help="How activation ranges are calibrated.",
    ),
    field_option(Quantization, "io", type=OneOf(IO_DTYPES), help="Input and output type of int8 files."),
    field_option(
        ExportSpec,
        "activations",
        type=OneOf(ACTIVATION_DTYPES),
        help="Activation type in int8 ONNX.  [default: the target's]",
    ),
    click.option("--per-tensor", is_flag=True, help="Use one weight scale per tensor instead of one per channel."),
    field_option(ExportSpec, "keep_softmax", "--softmax", help="Keep a final softmax in the files."),
    field_option(
        ExportSpec,
        "golden",
        type=click.IntRange(0, MAX_GOLDEN),
        help="Evaluation images to embed in each file for `edgecnn verify`.",
    ),
    build=_spec,
)
"""The options for `ExportSpec` and its `Quantization`."""


def _draw(*, calibration_size: int, seed: int) -> Draw:
    from edgecnn.data.choice import Draw

    return Draw(calibration_size, seed)


draw_options = OptionSet(
    "draw",
    click.option(
        "--calibration-size",
        type=click.IntRange(1),
        default=CALIBRATION_SIZE,
        show_default=True,
        help="How many calibration images to use, taken from the classes in turn.",
    ),
    click.option("--seed", type=SEED, default=0, show_default=True, help="Seed for choosing calibration images."),
    build=_draw,
)
"""The options that select calibration images."""
