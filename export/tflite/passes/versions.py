"""Set the version of each operation in a TFLite file, and the oldest runtime that supports them all.

The quantizer leaves both as in the float file. Runtimes accept a version that is too low, but people and tools read it,
and the contract of an artifact names the oldest runtime.

Versions and runtimes of single operations are in `edgecnn.inspection.tflite_operations`.
"""

from __future__ import annotations

from typing import Any

from edgecnn.export.tflite.graph import FLOAT32, Graph, builtin_kinds
from edgecnn.inspection.tflite_operations import oldest_runtime, version_for

_RUNTIME_KEY = "min_runtime_version"
_RUNTIME_BYTES = 16
_FLOAT16, _UINT8, _INT16, _INT8 = 1, 3, 7, 9

_OLDEST = {"float16": "1.15.0", "int16": "2.3.0", "hybrid": "2.4.0", "int8": "1.14.0"}
"""The TensorFlow Lite version that introduced each kind of number, whatever the operation."""


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
    """Return the version and oldest runtime of one operation by the types of its tensors.

    A runtime refuses versions that it does not know, so operations missing in the table stay at 1.
    """
    numbers = _numbers(kind, inputs, outputs)
    if numbers is None:
        return 1, ""
    version = version_for(kind, numbers) or (version_for(kind, "int8") if numbers == "int16" else None) or 1
    own = oldest_runtime(kind, version) or "0"
    return version, max(_OLDEST[numbers], own + ".0" * (2 - own.count(".")), key=_comparable)


def _numbers(kind: str, inputs: list[int], outputs: list[int]) -> str | None:
    """Return the table's name for the numbers an operation computes with; None if they are as old as the operation."""
    if _FLOAT16 in inputs:
        return "float16"
    if _INT16 in (*inputs, *outputs):
        return "int16"
    if FLOAT32 in outputs and _INT8 in inputs and version_for(kind, "hybrid"):
        return "hybrid"
    return "int8" if {_INT8, _UINT8} & {*inputs, *outputs} else None


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
