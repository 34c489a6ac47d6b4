"""Convert a frozen graph to the files of one format, in every requested precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from edgecnn.data.dataset import Pixels
from edgecnn.errors import ExportError
from edgecnn.export.converted import Converted
from edgecnn.export.formats import FORMATS, ExportFormat
from edgecnn.export.layers import name_layers_in_error
from edgecnn.export.observe import merge, observe
from edgecnn.export.ranges import Ranges, choose_ranges
from edgecnn.models.layers import Layers
from edgecnn.spec import Format, Method, Precision, Quantization

FEWEST_IN_A_HALF = 8
"""Fewest calibration images in a half; a smaller set is not halved, since its halves would tell nothing."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """The content of one file; for a calibrated one, also its content from each half of the calibration images."""

    precision: Precision
    converted: Converted
    halves: tuple[Converted, Converted] | None = None


def convert_all(
    file_format: Format,
    function: Any,
    *,
    precisions: tuple[Precision, ...],
    calibration: Pixels | None,
    quantization: Quantization,
    layers: Layers,
    step: Callable[[str], None],
) -> Iterator[Conversion]:
    """Yield the files of one format; they share the float32 model and the observed ranges.

    Args:
        function: frozen TensorFlow function.
        calibration: uint8, (N, H, W, C); needed for calibrated precisions.
        layers: of the Keras model.
        step: called with the name of each step.

    Raises:
        ExportError: an operation cannot be expressed; the message names its layers.
    """
    tools, title = FORMATS[file_format], file_format.title
    possible = [precision for precision in precisions if file_format in precision.formats]
    step(f"converting to {title}")
    model = _float_model(tools, function, layers)
    refused = [precision.value for precision in possible if not tools.may_loop(precision)]
    if refused and tools.loops(model):
        raise ExportError(f"{title} {', '.join(refused)}: a layer loops; give recurrent layers unroll=True")
    ranges: list[Ranges | None] = []
    if calibration is not None and any(precision.needs_calibration for precision in possible):
        step(f"calibrating {title} on {len(calibration)} images")
        ranges = _ranges(tools, model, calibration, quantization.method)
    for precision in possible:
        if precision.is_full:
            yield Conversion(precision, tools.describe(model))
            continue
        step(f"quantizing to {title} {precision.value}")
        uses = ranges if precision.is_full_integer else ranges[:1] or [None]
        contents = [tools.quantize(model, precision, own, quantization, layers) for own in uses]
        yield Conversion(precision, contents[0], (contents[1], contents[2]) if len(contents) > 1 else None)


def _float_model(tools: ExportFormat, function: Any, layers: Layers) -> Any:
    try:
        return tools.convert(function)
    except ExportError as error:
        text = f"{error} {error.__cause__ or ''}"
        guilty = name_layers_in_error(function.graph.as_graph_def(), text, layers)
        raise ExportError(f"{error} (layers: {', '.join(guilty)})" if guilty else str(error)) from error


def _ranges(tools: ExportFormat, model: Any, calibration: Pixels, method: Method) -> list[Ranges | None]:
    """Return the ranges over all images and, if there are enough, over each half."""
    if len(calibration) < 2 * FEWEST_IN_A_HALF:
        return [choose_ranges(observe(tools.tensors, model, calibration, method), method)]
    halves = [observe(tools.tensors, model, calibration[start::2], method) for start in (0, 1)]
    return [choose_ranges(observed, method) for observed in (merge(*halves), *halves)]
