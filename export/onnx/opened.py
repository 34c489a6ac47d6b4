"""Taking an ONNX file with quantize-dequantize pairs apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from edgecnn.data.dataset import Pixels
from edgecnn.export.layers import Layers
from edgecnn.export.observe import onnx_tensors
from edgecnn.export.onnx.quantize import SAME_RANGE, layer_of
from edgecnn.export.opened import TWIN, Affine, Opened, Operation

_DEQUANTIZED = "_DequantizeLinear_Output"
_EDGES = ("_QuantizeLinear_Input", "_real")
_CASTS = ("QuantizeLinear", "DequantizeLinear")


def open_onnx(float_model: Any, payload: bytes, layers: Layers) -> Opened:
    """Return what an int8 ONNX file is made of.

    Args:
        float_model: the float32 `onnx.ModelProto` that it was made from.
        payload: the quantized file.
        layers: of the Keras model.
    """
    import onnx

    quantized = onnx.load_from_string(payload)
    exact = onnx.ModelProto()
    exact.CopyFrom(float_model)
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in quantized.graph.initializer}
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
            Operation(
                layer=layer_of(float_model, original, layers) or tensor,
                kind=node.op_type,
                tensor=tensor,
                stored=stored.get(tensor),
                is_inherited=node.op_type in SAME_RANGE,
                twin=_add_twin(exact, original, node, weights),
                channels_first=_is_channels_first(float_model, tensor),
            )
        )
    return Opened(
        tuple(operations), lambda images: onnx_tensors(exact, images), lambda images: _received(quantized, images)
    )


def _float_name(name: str) -> str:
    for edge in _EDGES:
        name = name.removesuffix(edge)
    return name


def _stored(quantized: Any, constants: dict[str, Any]) -> dict[str, Affine]:
    """Return how each tensor is stored, by the float model's name."""
    found: dict[str, Affine] = {}
    for node in quantized.graph.node:
        if node.op_type == "QuantizeLinear":
            scale, zero_point = (constants[name] for name in node.input[1:3])
            limits = np.iinfo(zero_point.dtype)
            affine = Affine(float(scale), int(zero_point), int(limits.min), int(limits.max))
            found.setdefault(_float_name(node.input[0]), affine)
    return found


def _dequantized(quantized: Any, constants: dict[str, Any]) -> dict[str, Any]:
    """Return the constants that are stored as integers as float32 arrays, by the tensor that operations read."""
    found = {}
    for node in quantized.graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in constants:
            stored, scale, zero_point = (constants[name].astype(np.float64) for name in node.input[:3])
            axes = [1] * stored.ndim
            if scale.size > 1:
                axis = next((each.i for each in node.attribute if each.name == "axis"), 1)
                axes[axis] = scale.size
                scale, zero_point = scale.reshape(axes), zero_point.reshape(axes)
            found[node.output[0]] = ((stored - zero_point) * scale).astype(np.float32)
    return found


def _add_twin(exact: Any, original: Any, node: Any, weights: dict[str, Any]) -> tuple[str, str] | None:
    """Add to the float graph what a node makes of the same inputs and other constants; return both names."""
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
    """Whether a tensor has four axes; ONNX's convolutions take the channel as the second of them."""
    return any(value.name == tensor and len(value.type.tensor_type.shape.dim) == 4 for value in model.graph.value_info)


def _received(quantized: Any, images: Pixels) -> Iterator[dict[str, Any]]:
    """Yield the real values of all tensors, in the float model's names; what was rounded is rounded."""
    for tensors in onnx_tensors(quantized, images, as_written=True):
        found = {_float_name(name): values for name, values in tensors.items() if not name.endswith(_DEQUANTIZED)}
        for name, values in tensors.items():
            if name.endswith(_DEQUANTIZED):
                found[_float_name(name.removesuffix(_DEQUANTIZED))] = values
        yield found
