"""Pair a quantized TFLite file with its float model."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from edgecnn.data.dataset import Pixels
from edgecnn.export.paired import TWIN, PairedModels, PairedOperation, Quantizer, dequantize
from edgecnn.export.tflite.graph import kind_of, layer_of, read_graph, tensor_names, write_graph
from edgecnn.export.tflite.observe import tensors as tensors_of
from edgecnn.inspection.operation_table import row_of
from edgecnn.models.layers import Layers

_LIMITS = {9: (-128, 127), 7: (-32768, 32767), 3: (0, 255)}
"""Limits of the schema's types INT8, INT16 and UINT8."""

_DTYPES = {9: np.int8, 7: np.int16, 3: np.uint8, 2: np.int32, 4: np.int64}
_INNER = "_int8"


def pair(float_model: bytes, payload: bytes, layers: Layers) -> PairedModels:
    """Return a TFLite file with integer activations paired with its float model.

    Args:
        float_model: the float32 flatbuffer it was made from.
        payload: the quantized flatbuffer.
        layers: of the Keras model.
    """
    graph, exact = read_graph(payload), read_graph(float_model)
    makers = {name: operation for operation in exact.subgraphs[0].operators for name in _outputs(exact, operation)}
    operations = []
    for operation in graph.subgraphs[0].operators:
        names = [name.removesuffix(_INNER) for name in _outputs(graph, operation)]
        kind = kind_of(graph, operation)
        if kind in ("QUANTIZE", "DEQUANTIZE") or names[0] not in makers:
            continue
        original = makers[names[0]]
        operations.append(
            PairedOperation(
                layer=layer_of(exact, original, layers) or names[0],
                kind=kind,
                tensor=names[0],
                stored=_quantizer(graph.subgraphs[0].tensors[operation.outputs[0]]),
                is_inherited=row_of(kind).keeps_range,
                twin=_add_twin(exact, original, _dequantized(graph, operation)),
            )
        )
    with_twins = write_graph(exact)
    return PairedModels(
        tuple(operations), lambda images: tensors_of(with_twins, images), lambda images: _received(payload, images)
    )


def _outputs(graph: Any, operation: Any) -> list[str]:
    return tensor_names(graph, operation.outputs)


def _quantizer(tensor: Any) -> Quantizer | None:
    if tensor.type not in _LIMITS:
        return None
    return Quantizer(float(tensor.quantization.scale[0]), int(tensor.quantization.zeroPoint[0]), *_LIMITS[tensor.type])


def _dequantized(graph: Any, operation: Any) -> dict[int, Any]:
    """Return the quantized constants of an operation as float32 arrays, by input position."""
    real = {}
    for position, place in enumerate(operation.inputs):
        tensor = graph.subgraphs[0].tensors[place] if place >= 0 else None
        if tensor is None or tensor.quantization is None or tensor.quantization.scale is None:
            continue
        data = graph.buffers[tensor.buffer].data
        if data is None or len(data) == 0:
            continue
        shape = [int(size) for size in tensor.shape]
        stored = np.frombuffer(bytes(data), _DTYPES[tensor.type]).reshape(shape)
        steps = tensor.quantization
        real[position] = dequantize(stored, steps.scale, steps.zeroPoint, steps.quantizedDimension)
    return real


def _add_twin(exact: Any, original: Any, constants: dict[int, Any]) -> tuple[str, str] | None:
    """Add a copy of an operation with other constants to the float graph; return the names of both outputs."""
    from ai_edge_litert import schema_py_generated as schema

    if not constants or max(constants) >= len(original.inputs):
        return None
    subgraph, name = exact.subgraphs[0], _outputs(exact, original)[0]
    twin = copy.copy(original)
    twin.inputs = list(original.inputs)
    for position, values in constants.items():
        exact.buffers.append(schema.BufferT(data=np.frombuffer(values.tobytes(), np.uint8)))
        constant = schema.TensorT(shape=list(values.shape), type=0, buffer=len(exact.buffers) - 1)
        constant.name = f"{name}{TWIN}{position}".encode()
        subgraph.tensors.append(constant)
        twin.inputs[position] = len(subgraph.tensors) - 1
    output = copy.copy(subgraph.tensors[original.outputs[0]])
    output.name = f"{name}{TWIN}".encode()
    subgraph.tensors.append(output)
    twin.outputs = [len(subgraph.tensors) - 1]
    subgraph.operators.append(twin)
    subgraph.outputs = [*subgraph.outputs, twin.outputs[0]]  # outputs that nothing reads are not computed
    return name, f"{name}{TWIN}"


def _received(payload: bytes, images: Pixels) -> Iterator[dict[str, Any]]:
    for tensors in tensors_of(payload, images, real=True):
        yield {name.removesuffix(_INNER): values for name, values in tensors.items()}
