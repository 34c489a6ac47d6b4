"""The integer input and output of a quantized ONNX graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edgecnn.export.onnx.graph import array_of, layout_tail
from edgecnn.export.ranges import Range

Step = tuple[float, int]
"""Scale and zero-point."""

LOWEST = {"uint8": 0, "int8": -128}
_STEPS = 255


@dataclass(frozen=True, slots=True)
class IntegerIO:
    """The integer input and output that a graph should have.

    Attributes:
        dtype: of input and output: "uint8" or "int8".
        input, output: scale and zero-point of each.
        is_inside: whether the graph itself quantizes to that dtype, so that only its float ends have to be removed.
    """

    dtype: str
    input: Step
    output: Step
    is_inside: bool


def integer_io(model: Any, dtype: str, score_range: Range) -> IntegerIO:
    """Return the integer input and output of a QDQ graph.

    Args:
        model: with float32 input and output.
        dtype: "uint8" or "int8".
        score_range: least and largest value of the output; used if the last operation computes in float.
    """
    graph = model.graph
    first, last = first_quantization(model), last_dequantization(model)
    inside = tuple("" if node is None else str(array_of(graph, node.input[2]).dtype) for node in (first, last))
    if inside == (dtype, dtype) or inside == ("", dtype) == ("", "uint8"):
        return IntegerIO(dtype, (1.0, 0) if first is None else _step(graph, first), _step(graph, last), True)
    if last is None:
        output = _step_over(score_range, dtype)
    else:
        scale, zero_point = _step(graph, last)
        output = scale, zero_point - LOWEST[inside[1]] + LOWEST[dtype]
    return IntegerIO(dtype, (1.0, LOWEST[dtype]), output, False)


def first_quantization(model: Any) -> Any:
    """Return the QuantizeLinear that alone reads the input, rearranged or not; None if there is none."""
    tail = layout_tail(model)
    takers = [node for node in model.graph.node if tail in node.input]
    return takers[0] if [node.op_type for node in takers] == ["QuantizeLinear"] else None


def last_dequantization(model: Any) -> Any:
    """Return the DequantizeLinear that produces the output; None if another operation does."""
    last = next(node for node in model.graph.node if model.graph.output[0].name in node.output)
    return last if last.op_type == "DequantizeLinear" else None


def _step(graph: Any, node: Any) -> Step:
    scale, zero_point = (array_of(graph, name).item() for name in node.input[1:3])
    return float(scale), int(zero_point)


def _step_over(score_range: Range, dtype: str) -> Step:
    low, high = min(score_range[0], 0.0), max(score_range[1], 0.0)
    scale = max(high - low, 1e-6) / _STEPS
    return scale, round(-low / scale) + LOWEST[dtype]
