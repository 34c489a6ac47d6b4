"""Give a quantized graph integer input and output."""

from __future__ import annotations

from typing import Any

from edgecnn.export.onnx.graph import layout_tail, rename_tensors
from edgecnn.export.onnx.model_io import IntegerIO, Step, first_quantization, last_dequantization


def make_io_integer(model: Any, io: IntegerIO) -> bool:
    """Give a QDQ graph with float32 input and output the integer ones of `io`.

    If the graph itself quantizes to their dtype, its outermost QuantizeLinear and DequantizeLinear are removed. If not,
    integers are dequantized after the input, and real numbers quantized before the output.
    """
    graph = model.graph
    pixels, scores = str(graph.input[0].name), str(graph.output[0].name)
    if io.is_inside:
        _cut_input(model, pixels, io)
        last = last_dequantization(model)
        rename_tensors(graph, {last.input[0]: scores})
        graph.node.remove(last)
    else:
        rename_tensors(graph, {name: f"{name}_real" for name in (pixels, scores)})
        _add_node(graph, "DequantizeLinear", (pixels, f"{pixels}_real"), io.input, io.dtype)
        _add_node(graph, "QuantizeLinear", (f"{scores}_real", scores), io.output, io.dtype)
    for value in (graph.input[0], graph.output[0]):
        value.type.tensor_type.elem_type = _element_type(io.dtype)
    del graph.value_info[:]  # the types of neighbouring tensors have changed; shape inference restores them
    return True


def _cut_input(model: Any, pixels: str, io: IntegerIO) -> None:
    """Remove the first QuantizeLinear; without one, dequantize the pixels."""
    graph, first = model.graph, first_quantization(model)
    if first is None:
        rename_tensors(graph, {pixels: f"{pixels}_real"})
        _add_node(graph, "DequantizeLinear", (pixels, f"{pixels}_real"), io.input, io.dtype, constants="pixel", name="")
    else:
        rename_tensors(graph, {first.output[0]: layout_tail(model)})
        graph.node.remove(first)


def _add_node(
    graph: Any,
    kind: str,
    ends: tuple[str, str],
    step: Step,
    dtype: str,
    *,
    constants: str | None = None,
    name: str | None = None,
) -> None:
    """Add a node of `kind` between two tensors, at the start for the input and at the end for the output."""
    from onnx import TensorProto, helper

    prefix = f"{ends[0]}_edge" if constants is None else constants
    names = [f"{prefix}_scale", f"{prefix}_zero_point"]
    graph.initializer.append(helper.make_tensor(names[0], TensorProto.FLOAT, [], [step[0]]))
    graph.initializer.append(helper.make_tensor(names[1], _element_type(dtype), [], [step[1]]))
    node = helper.make_node(kind, [ends[0], *names], [ends[1]], name=f"{ends[1]}_edge" if name is None else name)
    graph.node.insert(0 if kind == "DequantizeLinear" else len(graph.node), node)


def _element_type(dtype: str) -> int:
    from onnx import TensorProto

    return int(getattr(TensorProto, dtype.upper()))
