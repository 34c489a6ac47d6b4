"""The integers that go into a quantized ONNX graph and come out of it."""

from __future__ import annotations

from typing import Any

from edgecnn.export.onnx.clean import integer_edges, layout_tail

Edge = tuple[float, int]
"""Scale and zero-point."""

_LOWEST = {"uint8": 0, "int8": -128}
_STEPS = 255


def set_edges(model: Any, dtype: str, score_range: tuple[float, float]) -> tuple[Edge, Edge]:
    """Give a QDQ graph integer input and output; return scale and zero-point of both.

    Where the graph quantizes its edges to that dtype itself, the float edges are cut off. Else integers are turned
    into real numbers behind the input, and back before the output, where the step stays the same.

    Args:
        model: with float32 edges; changed in place.
        dtype: "uint8" or "int8".
        score_range: least and largest value of the output, for a graph whose last operation computes in float.
    """
    inside = _inner_dtypes(model)
    if inside == (dtype, dtype) or inside == ("", dtype) == ("", "uint8"):
        return integer_edges(model)
    taken: Edge = (1.0, _LOWEST[dtype])
    given = _moved(_last_step(model), dtype) or _edge_of(score_range, dtype)
    pixels, scores = str(model.graph.input[0].name), str(model.graph.output[0].name)
    _rename_inside(model.graph, {name: f"{name}_real" for name in (pixels, scores)})
    _add_node(model.graph, "DequantizeLinear", (pixels, f"{pixels}_real"), taken, dtype)
    _add_node(model.graph, "QuantizeLinear", (f"{scores}_real", scores), given, dtype)
    for value in (model.graph.input[0], model.graph.output[0]):
        value.type.tensor_type.elem_type = _element_type(dtype)
    del model.graph.value_info[
        :
    ]  # the types of the tensors at the edges have changed; shape inference brings them back
    return taken, given


def _inner_dtypes(model: Any) -> tuple[str, str]:
    """Return the dtypes that the graph quantizes its input and its output to; "" where it does not."""
    head = layout_tail(model)
    first = [node for node in model.graph.node if head in node.input]
    only = first[0] if len(first) == 1 and first[0].op_type == "QuantizeLinear" else None
    return _dtype(model.graph, only), _dtype(model.graph, _last_dequantization(model))


def _last_dequantization(model: Any) -> Any:
    last = next(node for node in model.graph.node if model.graph.output[0].name in node.output)
    return last if last.op_type == "DequantizeLinear" else None


def _last_step(model: Any) -> tuple[float, int, str] | None:
    """Return scale, zero-point and dtype of the output inside the graph, if it is quantized there."""
    last = _last_dequantization(model)
    if last is None:
        return None
    scale, zero_point = (_constant(model.graph, name).item() for name in last.input[1:3])
    return float(scale), int(zero_point), _dtype(model.graph, last)


def _moved(step: tuple[float, int, str] | None, dtype: str) -> Edge | None:
    if step is None:
        return None
    scale, zero_point, inner = step
    return scale, zero_point - _LOWEST[inner] + _LOWEST[dtype]


def _edge_of(score_range: tuple[float, float], dtype: str) -> Edge:
    low, high = min(score_range[0], 0.0), max(score_range[1], 0.0)
    scale = max(high - low, 1e-6) / _STEPS
    return scale, round(-low / scale) + _LOWEST[dtype]


def _add_node(graph: Any, kind: str, ends: tuple[str, str], edge: Edge, dtype: str) -> None:
    """Add a node of `kind` between two tensors, at the start for the input and at the end for the output."""
    from onnx import TensorProto, helper

    names = [f"{ends[0]}_edge_scale", f"{ends[0]}_edge_zero_point"]
    graph.initializer.append(helper.make_tensor(names[0], TensorProto.FLOAT, [], [edge[0]]))
    graph.initializer.append(helper.make_tensor(names[1], _element_type(dtype), [], [edge[1]]))
    node = helper.make_node(kind, [ends[0], *names], [ends[1]], name=f"{ends[1]}_edge")
    graph.node.insert(0 if kind == "DequantizeLinear" else len(graph.node), node)


def _rename_inside(graph: Any, renamed: dict[str, str]) -> None:
    for node in graph.node:
        for names in (node.input, node.output):
            for place, name in enumerate(names):
                names[place] = renamed.get(name, name)


def _dtype(graph: Any, node: Any) -> str:
    return "" if node is None else str(_constant(graph, node.input[2]).dtype)


def _constant(graph: Any, name: str) -> Any:
    from onnx import numpy_helper

    return numpy_helper.to_array(next(tensor for tensor in graph.initializer if tensor.name == name))


def _element_type(dtype: str) -> int:
    from onnx import TensorProto

    return int(getattr(TensorProto, dtype.upper()))
