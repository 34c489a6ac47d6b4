"""Pair an ONNX file of quantize-dequantize pairs with its float model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from edgecnn.data.dataset import Pixels
from edgecnn.export.onnx.graph import arrays_of, attributes_of, layer_of
from edgecnn.export.onnx.observe import tensors as tensors_of
from edgecnn.export.paired import TWIN, PairedModels, PairedOperation, Quantizer, dequantize
from edgecnn.inspection.operation_table import row_of
from edgecnn.models.layers import Layers

_DEQUANTIZED = "_DequantizeLinear_Output"
_IO_ENDINGS = ("_QuantizeLinear_Input", "_real")
_CASTS = ("QuantizeLinear", "DequantizeLinear")


def pair(float_model: Any, payload: bytes, layers: Layers) -> PairedModels:
    """Return an int8 ONNX file paired with its float model.

    Args:
        float_model: the float32 `onnx.ModelProto` it was made from.
        payload: the quantized file.
        layers: of the Keras model.
    """
    import onnx

    quantized = onnx.load_from_string(payload)
    exact = onnx.ModelProto()
    exact.CopyFrom(float_model)
    constants = arrays_of(quantized.graph)
    stored = _stored(quantized, constants)
    originals = {node.name: node for node in float_model.graph.node}
    makers = {name: node for node in float_model.graph.node for name in node.output}
    weights = _dequantized(quantized, constants)
    operations = []
    for node in quantized.graph.node:
        tensor = _float_name(node.output[0])
        if node.op_type in _CASTS or tensor not in makers:
            continue
        original = originals.get(node.name, makers[tensor])
        operations.append(
            PairedOperation(
                layer=layer_of(float_model, original, layers) or tensor,
                kind=node.op_type,
                tensor=tensor,
                stored=stored.get(tensor),
                is_inherited=row_of(node.op_type).keeps_range,
                twin=_add_twin(exact, original, node, weights),
                channels_first=_is_channels_first(float_model, tensor),
            )
        )
    return PairedModels(
        tuple(operations), lambda images: tensors_of(exact, images), lambda images: _received(quantized, images)
    )


def _float_name(name: str) -> str:
    for ending in _IO_ENDINGS:
        name = name.removesuffix(ending)
    return name


def _stored(quantized: Any, constants: dict[str, Any]) -> dict[str, Quantizer]:
    """Return how each tensor is stored, by the float model's name."""
    quantizers: dict[str, Quantizer] = {}
    for node in quantized.graph.node:
        if node.op_type == "QuantizeLinear":
            scale, zero_point = (constants[name] for name in node.input[1:3])
            limits = np.iinfo(zero_point.dtype)
            quantizer = Quantizer(float(scale), int(zero_point), int(limits.min), int(limits.max))
            quantizers.setdefault(_float_name(node.input[0]), quantizer)
    return quantizers


def _dequantized(quantized: Any, constants: dict[str, Any]) -> dict[str, Any]:
    """Return the integer constants as float32 arrays, by the tensor that operations read."""
    real = {}
    for node in quantized.graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in constants:
            stored, scale, zero_point = (constants[name] for name in node.input[:3])
            real[node.output[0]] = dequantize(stored, scale, zero_point, attributes_of(node).get("axis", 1))
    return real


def _add_twin(exact: Any, original: Any, node: Any, weights: dict[str, Any]) -> tuple[str, str] | None:
    """Add a copy of a node with other constants to the float graph; return the names of both outputs."""
    from onnx import NodeProto, numpy_helper

    replaced = {position: weights[name] for position, name in enumerate(node.input) if name in weights}
    if not replaced or original.op_type != node.op_type or max(replaced) >= len(original.input):
        return None
    twin = NodeProto()
    twin.CopyFrom(original)
    twin.name, name = f"{original.name}{TWIN}", str(original.output[0])
    for position, values in replaced.items():
        constant = f"{name}{TWIN}{position}"
        exact.graph.initializer.append(numpy_helper.from_array(values, constant))
        twin.input[position] = constant
    del twin.output[:]
    twin.output.append(f"{name}{TWIN}")
    exact.graph.node.append(twin)
    return name, f"{name}{TWIN}"


def _is_channels_first(model: Any, tensor: str) -> bool:
    """Whether a tensor has four axes; in ONNX's convolutions the channel is the second."""
    return any(value.name == tensor and len(value.type.tensor_type.shape.dim) == 4 for value in model.graph.value_info)


def _received(quantized: Any, images: Pixels) -> Iterator[dict[str, Any]]:
    """Yield the real values of all tensors after rounding, by the float model's names."""
    for tensors in tensors_of(quantized, images, as_written=True):
        received = {_float_name(name): values for name, values in tensors.items() if not name.endswith(_DEQUANTIZED)}
        for name, values in tensors.items():
            if name.endswith(_DEQUANTIZED):
                received[_float_name(name.removesuffix(_DEQUANTIZED))] = values
        yield received
