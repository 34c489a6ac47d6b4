"""Input, output and labels of an .onnx file of any origin, without the package onnx, which devices do not need.

Sources: numbers of fields and types are those of onnx.proto; labels: see `edgecnn.metadata.onnx_metadata`.
"""

from __future__ import annotations

import ast

from edgecnn.inspection.graph import FLOAT_DTYPES
from edgecnn.inspection.model_io import ModelIO
from edgecnn.inspection.precision import closest_precision
from edgecnn.inspection.result import UNKNOWN_SIZE, Tensor
from edgecnn.protobuf import fields, integer, messages, text
from edgecnn.spec import Precision

_GRAPH, _PROPERTIES = 7, 14
_NODES, _WEIGHTS, _INPUTS, _OUTPUTS = 1, 5, 11, 12
_LABELS_KEY = "names"
_DTYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 9: "bool",
    10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 16: "bfloat16", 21: "uint4", 22: "int4",
}  # fmt: skip
_LARGEST = 2**63


def read_onnx_io(content: bytes) -> ModelIO:
    """Return what an ONNX file says about its input and output.

    Raises:
        ProtobufError: it is damaged.
    """
    model = memoryview(content)
    parts: dict[int, list[memoryview]] = {number: [] for number in (_NODES, _WEIGHTS, _INPUTS, _OUTPUTS)}
    for graph in messages(model, _GRAPH):
        for number, value in fields(graph):
            if number in parts and isinstance(value, memoryview):
                parts[number].append(value)
    weights = {text(one, 8): integer(one, 2) for one in parts[_WEIGHTS]}
    operations = {text(node, 4) for node in parts[_NODES]}
    inputs, outputs = (tuple(_tensor(one) for one in parts[number]) for number in (_INPUTS, _OUTPUTS))
    return ModelIO(
        tuple(one for one in inputs if one.name not in weights),  # old files list weights as well
        outputs,
        _precision(operations, {_DTYPES.get(code or 0, "") for code in weights.values()}),
        _labels({text(one, 1): text(one, 2) for one in messages(model, _PROPERTIES)}),
    )


def _tensor(value: memoryview) -> Tensor:
    dtype, shape = "unknown", None
    for kind in messages(value, 2):
        for tensor in messages(kind, 1):
            dtype = _DTYPES.get(integer(tensor, 1) or 0, "unknown")
            for sizes in messages(tensor, 2):
                shape = tuple(_size(size) for size in messages(sizes, 1))
    return Tensor(text(value, 1), shape, dtype)


def _size(axis: memoryview) -> int:
    size = integer(axis, 1)
    return UNKNOWN_SIZE if size is None or size >= _LARGEST or size == 0 else size


def _precision(operations: set[str], weights: set[str]) -> Precision:
    """Return the precision by what computes with integers; integer weights alone may be anything, as indices."""
    if operations & {"DynamicQuantizeLinear", "ConvInteger", "MatMulInteger"}:
        return closest_precision({*weights, "int8"}, ())
    if operations & {"QuantizeLinear", "QLinearConv", "QLinearMatMul"}:
        return closest_precision({*weights, "int8"}, ("int8",))
    return closest_precision(weights & set(FLOAT_DTYPES), ())


def _labels(properties: dict[str, str]) -> tuple[str, ...]:
    """Return the values of the dict of index and name, in the order of the indices."""
    try:
        names = ast.literal_eval(properties.get(_LABELS_KEY, ""))
        if isinstance(names, dict) and sorted(names) == list(range(len(names))):
            return tuple(str(names[index]) for index in range(len(names)))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        pass  # of another tool, for another purpose
    return ()
