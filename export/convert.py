"""From a frozen graph to the files of one format, in every precision that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from edgecnn.data.dataset import Pixels
from edgecnn.errors import ExportError
from edgecnn.export.converted import Converted
from edgecnn.export.layers import name_layers_in_error
from edgecnn.export.observe import Observed, merge, observe_onnx, observe_tflite
from edgecnn.export.ranges import choose_ranges
from edgecnn.models.layers import Layers
from edgecnn.spec import Format, Method, Precision, Quantization

FEWEST_IN_A_HALF = 8
"""Calibration images of which half would be fewer than this are not halved: there is nothing to learn from it."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What one format is made with.

    Attributes:
        convert: a frozen function to a float32 model.
        describe: a float32 model to what goes into a file.
        observe: a float32 model and images to what its tensors hold.
        quantize: a float32 model to another precision.
        loops: whether a float32 model runs a part of itself a number of times.
    """

    convert: Callable[[Any], Any]
    describe: Callable[[Any], Converted]
    observe: Callable[[Any, Pixels, Method], Observed]
    quantize: Callable[..., Converted]
    loops: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Made:
    """One file's content, and for a calibrated one the same from either half of the calibration images."""

    precision: Precision
    converted: Converted
    halves: tuple[Converted, Converted] | None = None


def tools_of(file_format: Format) -> Tools:
    """Return the tools of a format; their packages are imported now."""
    if file_format is Format.TFLITE:
        from edgecnn.export.tflite import convert, graph, quantize

        return Tools(convert.to_tflite, convert.describe, observe_tflite, quantize.quantize_tflite, graph.loops)
    from edgecnn.export.onnx import convert as to_onnx
    from edgecnn.export.onnx import graph as onnx_graph
    from edgecnn.export.onnx import quantize as onnx_quantize

    return Tools(to_onnx.to_onnx, to_onnx.describe, observe_onnx, onnx_quantize.quantize_onnx, onnx_graph.loops)


def make(
    file_format: Format,
    function: Any,
    *,
    precisions: tuple[Precision, ...],
    calibration: Pixels | None,
    quantization: Quantization,
    layers: Layers,
    step: Callable[[str], None],
) -> Iterator[Made]:
    """Yield the files of one format; the float32 model and what was observed are shared.

    Args:
        function: frozen TensorFlow function.
        calibration: uint8, (N, H, W, C); needed for the precisions that are calibrated.
        layers: of the Keras model.
        step: called with what is being done.

    Raises:
        ExportError: an operation cannot be expressed; its layers are named.
    """
    tools, name = tools_of(file_format), file_format.title
    wanted = [precision for precision in precisions if file_format in precision.formats]
    step(f"converting to {name}")
    try:
        model = tools.convert(function)
    except ExportError as error:
        text = f"{error} {error.__cause__ or ''}"
        guilty = name_layers_in_error(function.graph.as_graph_def(), text, layers)
        raise ExportError(f"{error} (layers: {', '.join(guilty)})" if guilty else str(error)) from error
    refused = [precision.value for precision in wanted if not _may_loop(file_format, precision)]
    if refused and tools.loops(model):
        raise ExportError(f"{name} {', '.join(refused)}: a layer loops; give recurrent layers unroll=True")
    ranges: list[dict[str, Any] | None] = []
    if calibration is not None and any(precision.needs_calibration for precision in wanted):
        step(f"calibrating {name} on {len(calibration)} images")
        ranges = _ranges(tools, model, calibration, quantization.method)
    for precision in wanted:
        if precision.is_full:
            yield Made(precision, tools.describe(model))
            continue
        step(f"quantizing to {name} {precision.value}")
        taken = ranges if precision.is_full_integer else ranges[:1] or [None]
        found = [tools.quantize(model, precision, one, quantization, layers) for one in taken]
        yield Made(precision, found[0], (found[1], found[2]) if len(found) > 1 else None)


def _may_loop(file_format: Format, precision: Precision) -> bool:
    """Whether such a file may have a loop in it: what is calibrated may not, nor ONNX that is not float32."""
    return precision.is_full or (file_format is Format.TFLITE and not precision.needs_calibration)


def _ranges(tools: Tools, model: Any, calibration: Pixels, method: Method) -> list[dict[str, Any] | None]:
    """Return the ranges over all images, and those over each half where there are enough."""
    if len(calibration) < 2 * FEWEST_IN_A_HALF:
        return [choose_ranges(tools.observe(model, calibration, method), method)]
    halves = [tools.observe(model, calibration[start::2], method) for start in (0, 1)]
    return [choose_ranges(observed, method) for observed in (merge(*halves), *halves)]
