"""An .onnx file as a graph, with the package onnx. Its parser and shape inference are C++: see `child.py`."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from edgecnn.inspection.account import DEQUANTIZE, QUANTIZE
from edgecnn.inspection.graph import Graph, Node, Value, elements
from edgecnn.inspection.operation_table import row_of
from edgecnn.inspection.result import UNKNOWN_SIZE, Affine

_DTYPES = {"float": "float32", "double": "float64", "undefined": "unknown"}
_LARGE_BYTES = 2**20
"""Contents of constants beyond are dropped before shapes are inferred: no shape is as large, and it copies them."""
_DEFAULT_AXIS = 1
"""Of QuantizeLinear and DequantizeLinear, by their specification."""


class OnnxError(Exception):
    """The bytes are not an ONNX model."""


@dataclass(frozen=True, slots=True)
class OnnxModel:
    """What an .onnx file holds; `versions` has "ir_version" and the version of every operator set by its domain."""

    graph: Graph
    versions: dict[str, int]
    producer: str
    metadata: tuple[str, ...]


def read_onnx(content: bytes) -> OnnxModel:
    """Return what is in an ONNX model. Weights in other files are not read.

    Raises:
        OnnxError: damaged, or no ONNX model.
    """
    import onnx

    try:
        model = onnx.load_from_string(content)
    except Exception as error:  # of protobuf, which is no dependency of its own
        raise OnnxError("it is damaged or cut short") from error
    if not model.graph.output:
        raise OnnxError("it has no graph with an output")
    if any(isinstance(text, bytes) for text in _texts(model)):  # what protobuf returns for a string that is no UTF-8
        raise OnnxError("it is damaged: a name in it is no text")
    versions = {"ir_version": model.ir_version}
    versions |= {entry.domain or "ai.onnx": entry.version for entry in model.opset_import}
    constants = _constants(model.graph)
    for tensor in model.graph.initializer:
        if len(tensor.raw_data) > _LARGE_BYTES:
            tensor.ClearField("raw_data")
    with contextlib.suppress(
        Exception
    ):  # it refuses models that runtimes accept, as it likes; shapes stay unknown then
        model = onnx.shape_inference.infer_shapes(model, data_prop=True)
    producer = " ".join(part for part in (model.producer_name, model.producer_version) if part)
    metadata = tuple(sorted(entry.key for entry in model.metadata_props))
    return OnnxModel(_graph(model, constants, versions), versions, producer, metadata)


def _texts(model: Any) -> Iterator[Any]:
    """Yield every string that is read."""
    graph = model.graph
    yield from (model.producer_name, model.producer_version)
    yield from (entry.domain for entry in model.opset_import)
    yield from (entry.key for entry in model.metadata_props)
    yield from (one.name for one in (*graph.initializer, *graph.value_info, *graph.input, *graph.output))
    for node in graph.node:
        yield from (node.op_type, node.domain, node.name, *node.input, *node.output)
        yield from (attribute.name for attribute in node.attribute)


def _graph(model: Any, constants: dict[str, Value], versions: dict[str, int]) -> Graph:
    graph = model.graph
    values = {info.name: _activation(info) for info in (*graph.value_info, *graph.input, *graph.output)}
    values |= constants
    nodes = tuple(
        Node(
            node.op_type,
            versions.get(node.domain or "ai.onnx", 0),
            node.name or next(iter(node.output), ""),
            tuple(node.input),
            tuple(node.output),
        )
        for node in graph.node
        if node.op_type != "Constant"
    )
    for node in nodes:
        for key in (*node.inputs, *node.outputs):
            if key and key not in values:
                values[key] = Value(key, None, "unknown")
    outputs = tuple(info.name for info in graph.output)
    inputs = tuple(info.name for info in graph.input if info.name not in constants)  # old files list weights as well
    _quantize(values, graph)
    return Graph(values, nodes, inputs, outputs)


def _constants(graph: Any) -> dict[str, Value]:
    found = {tensor.name: _constant(tensor.name, tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.output:
            tensors = [attribute.t for attribute in node.attribute if attribute.name == "value"]
            name = node.output[0]
            found[name] = _constant(name, tensors[0]) if tensors else Value(name, (), "unknown", None, 0)
    return found


def _constant(name: str, tensor: Any) -> Value:
    shape = tuple(tensor.dims)
    if any(size < 0 for size in shape):
        raise OnnxError(f"a constant has the shape {shape[:8]}")
    value = Value(name, shape, _dtype(tensor.data_type), None, 0)
    is_elsewhere = bool(tensor.external_data)
    stored = value.size_bytes if is_elsewhere else len(tensor.raw_data) or min(value.size_bytes, tensor.ByteSize())
    return replace(value, stored_bytes=stored)


def _activation(info: Any) -> Value:
    kind = info.type.tensor_type
    shape = None
    if kind.HasField("shape"):
        shape = tuple(size.dim_value if size.HasField("dim_value") else UNKNOWN_SIZE for size in kind.shape.dim)
        shape = tuple(max(size, UNKNOWN_SIZE) for size in shape)
    return Value(info.name, shape, _dtype(kind.elem_type))


def _dtype(number: int) -> str:
    import onnx

    try:
        name = str(onnx.TensorProto.DataType.Name(number)).lower()
    except ValueError:
        return "unknown"
    return _DTYPES.get(name, name)


def _quantize(values: dict[str, Value], graph: Any) -> None:
    """Give every value that comes out of a QuantizeLinear or goes into a DequantizeLinear its scale and zero-point.

    Integers may be turned around before they are dequantized: they stand for the same real numbers before that.
    """
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type in (QUANTIZE[0], DEQUANTIZE[0]) and node.input and node.output:
            key = node.output[0] if node.op_type == QUANTIZE[0] else node.input[0]
            if key:
                values[key] = replace(values[key], affine=_affine(node, tensors))
    for node in reversed(graph.node):
        if row_of(node.op_type).is_layout and node.input and node.output and node.input[0] and node.output[0]:
            before, after = values[node.input[0]], values[node.output[0]]
            if before.affine is None and after.affine is not None and after.affine.axis is None:
                values[node.input[0]] = replace(before, affine=after.affine)


def _affine(node: Any, tensors: dict[str, Any]) -> Affine | None:
    from onnx import numpy_helper

    names = [name for name in node.input[1:3] if name]
    if not names or any(name not in tensors or elements(tuple(tensors[name].dims)) > _LARGE_BYTES for name in names):
        return None
    try:
        scales, *zero_points = (numpy_helper.to_array(tensors[name]).ravel().tolist() for name in names)
    except Exception:  # contents that do not fit their shape
        return None
    if not scales:
        return None
    one = len(scales) == 1
    axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), _DEFAULT_AXIS)
    return Affine(
        scales=len(scales),
        axis=None if one else axis,
        symmetric=not any(zero_points[0]) if zero_points else True,
        scale=scales[0] if one and math.isfinite(scales[0]) else None,
        zero_point=(int(zero_points[0][0]) if zero_points and zero_points[0] else 0) if one else None,
    )
