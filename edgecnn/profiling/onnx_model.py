"""Small ONNX models, written without the package onnx, which no device has.

Source of the numbers of fields and types: onnx.proto, IR version 8.
"""

from __future__ import annotations

import numpy as np

from edgecnn.profiling.convolution import LAYERS, SCALE, Convolutions
from edgecnn.protobuf import field, number_field, varint
from edgecnn.runtime.backend import Tensor

_IR_VERSION, _OPERATOR_SET = 8, 17
_TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6}
_INTS = 7
_NOTHING_LENGTH = 8


def convolutions(what: Convolutions) -> bytes:
    """Return an ONNX model of these convolutions, NCHW, "Conv" or "QLinearConv"."""
    weights = np.ascontiguousarray(what.weights().transpose(0, 3, 1, 2))
    if what.is_integer:
        constants: dict[str, Tensor] = {
            "weights": weights,
            "weight_scales": what.weight_scales(),
            "weight_zeros": np.zeros(what.channels, np.int8),
            "scale": np.array(SCALE, np.float32),
            "zero": np.array(what.zero_point, what.dtype),
            "bias": np.zeros(what.channels, np.int32),
        }
        kind, others = (
            "QLinearConv",
            ["scale", "zero", "weights", "weight_scales", "weight_zeros", "scale", "zero", "bias"],
        )
    else:
        constants = {"weights": weights, "bias": np.zeros(what.channels, np.float32)}
        kind, others = "Conv", ["weights", "bias"]
    half = what.kernel // 2
    attributes = _ints("kernel_shape", [what.kernel] * 2) + _ints("pads", [half] * 4)
    nodes = [_node(kind, [f"value{i}", *others], f"value{i + 1}", attributes) for i in range(LAYERS)]
    shape = (1, what.channels, what.size, what.size)
    return _model(nodes, constants, _value("value0", what.dtype, shape), _value(f"value{LAYERS}", what.dtype, shape))


def nothing() -> tuple[str, bytes]:
    """Return a model of operations on a single number, which take as good as no time, and the name of its input."""
    nodes = [_node("Neg", [f"value{i}"], f"value{i + 1}", b"") for i in range(_NOTHING_LENGTH)]
    edges = (_value(f"value{i}", "float32", (1,)) for i in (0, _NOTHING_LENGTH))
    return "value0", _model(nodes, {}, *edges)


def _model(nodes: list[bytes], constants: dict[str, Tensor], given: bytes, made: bytes) -> bytes:
    graph = b"".join(field(1, node) for node in nodes) + field(2, b"measured")
    graph += b"".join(field(5, _tensor(name, one)) for name, one in constants.items())
    graph += field(11, given) + field(12, made)
    return number_field(1, _IR_VERSION) + field(7, graph) + field(8, number_field(2, _OPERATOR_SET))


def _node(kind: str, inputs: list[str], output: str, attributes: bytes) -> bytes:
    taken = b"".join(field(1, name.encode()) for name in inputs)
    return taken + field(2, output.encode()) + field(4, kind.encode()) + attributes


def _ints(name: str, values: list[int]) -> bytes:
    return field(5, field(1, name.encode()) + field(8, b"".join(map(varint, values))) + number_field(20, _INTS))


def _tensor(name: str, values: Tensor) -> bytes:
    sizes = field(1, b"".join(map(varint, values.shape))) if values.shape else b""
    return sizes + number_field(2, _TYPES[str(values.dtype)]) + field(8, name.encode()) + field(9, values.tobytes())


def _value(name: str, dtype: str, shape: tuple[int, ...]) -> bytes:
    axes = b"".join(field(1, number_field(1, size)) for size in shape)
    return field(1, name.encode()) + field(2, field(1, number_field(1, _TYPES[dtype]) + field(2, axes)))
