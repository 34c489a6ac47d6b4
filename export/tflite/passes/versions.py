"""The version of each operation in a TFLite file, and the oldest runtime that knows them all.

The quantizer leaves both as they were in the float file. Runtimes do not mind a version that is too low, but people and
tools read it, and the contract of an artifact names the oldest runtime.

Source of the tables: what the converter of TensorFlow 2.21 wrote for models of one operation each. It does not count
16-bit activations, which came with TensorFlow Lite 2.3.
"""

from __future__ import annotations

from typing import Any

from edgecnn.export.tflite.graph import FLOAT32, Graph, builtin_kinds

_RUNTIME_KEY = "min_runtime_version"
_RUNTIME_BYTES = 16
_FLOAT16, _UINT8, _INT16, _INT8 = 1, 3, 7, 9

_SECOND = (
    "ABS", "ADD", "AVERAGE_POOL_2D", "CONCATENATION", "DEQUANTIZE", "EXP", "GELU", "LOGISTIC", "MAXIMUM", "MAX_POOL_2D",
    "MEAN", "MINIMUM", "MUL", "PAD", "REDUCE_MAX", "RELU6", "RSQRT", "SOFTMAX", "SPLIT", "SQUARED_DIFFERENCE",
    "STRIDED_SLICE", "SUB", "SUM", "TANH", "TRANSPOSE", "TRANSPOSE_CONV",
)  # fmt: skip
_INT8_VERSIONS = {
    **dict.fromkeys(_SECOND, 2),
    "CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 4, "TILE": 3, "RESIZE_BILINEAR": 3,
}  # fmt: skip
"""Where it is not 1. A runtime refuses versions that it has not heard of, so what is not known here stays as it was."""

_INT16_VERSIONS = {**_INT8_VERSIONS, "LEAKY_RELU": 2, "QUANTIZE": 2, "TRANSPOSE_CONV": 3}

_INT8_RUNTIMES = {
    "SUM": "1.15.0", "TRANSPOSE_CONV": "2.2.0", "RESIZE_BILINEAR": "2.2.0", "ABS": "2.4.0", "RSQRT": "2.5.0",
    "SQUARED_DIFFERENCE": "2.5.0", "TILE": "2.8.0", "GELU": "2.9.0", "EXP": "2.12.0",
}  # fmt: skip
"""Where it is not 1.14.0."""

_INT8_RUNTIME, _INT16_RUNTIME, _FLOAT16_RUNTIME = "1.14.0", "2.3.0", "1.15.0"
_HYBRID = {"CONV_2D": (5, "2.4.0"), "DEPTHWISE_CONV_2D": (6, "2.4.0"), "FULLY_CONNECTED": (12, "2.17.0")}
"""Version and runtime of float activations with int8 weights."""


def state_versions(graph: Graph) -> bool:
    """Set the versions of quantized operations, and the oldest runtime in the file's metadata."""
    kinds, tensors = builtin_kinds(), graph.subgraphs[0].tensors
    stated = _stated_runtime(graph)
    oldest, changed = [stated], False
    for operation in graph.subgraphs[0].operators:
        entry = graph.operatorCodes[operation.opcodeIndex]
        inputs = [tensors[place].type for place in operation.inputs if place >= 0]
        outputs = [tensors[place].type for place in operation.outputs]
        version, runtime = _needs(kinds[entry.builtinCode], inputs, outputs)
        changed |= version > entry.version
        entry.version = max(entry.version, version)
        oldest.append(runtime)
    runtime = max(oldest, key=_comparable)
    _state_runtime(graph, runtime)
    return changed or runtime != stated


def _needs(kind: str, inputs: list[int], outputs: list[int]) -> tuple[int, str]:
    """Return version and oldest runtime of one operation by the types of its tensors."""
    if _FLOAT16 in inputs:
        return 3, _FLOAT16_RUNTIME
    if _INT16 in (*inputs, *outputs):
        return _INT16_VERSIONS.get(kind, 1), max(_INT16_RUNTIME, _INT8_RUNTIMES.get(kind, ""), key=_comparable)
    if FLOAT32 in outputs and _INT8 in inputs and kind in _HYBRID:
        return _HYBRID[kind]
    if {_INT8, _UINT8} & {*inputs, *outputs}:
        return _INT8_VERSIONS.get(kind, 1), _INT8_RUNTIMES.get(kind, _INT8_RUNTIME)
    return 1, ""


def _comparable(runtime: str) -> tuple[int, ...]:
    return tuple(int(part) for part in runtime.split(".") if part.isdigit())


def _stated_runtime(graph: Any) -> str:
    buffer = _runtime_buffer(graph)
    return "" if buffer is None else bytes(buffer.data).rstrip(b"\0").decode()


def _state_runtime(graph: Any, runtime: str) -> None:
    buffer = _runtime_buffer(graph)
    if buffer is not None:
        buffer.data = list(runtime.encode().ljust(_RUNTIME_BYTES, b"\0"))


def _runtime_buffer(graph: Any) -> Any:
    for entry in graph.metadata or ():
        if entry.name.decode() == _RUNTIME_KEY:
            return graph.buffers[entry.buffer]
    return None
