"""Parts of a file that an installed runtime is too old for."""

from __future__ import annotations

from pathlib import Path

from edgecnn.checkup.runtimes import RuntimeState
from edgecnn.contract import read_contract
from edgecnn.errors import ArtifactError
from edgecnn.flatbuffer import FlatbufferError
from edgecnn.inspection import onnx_runtimes, tflite_operations
from edgecnn.inspection.tflite_graph import read_tflite
from edgecnn.versions import release_numbers


def too_new(path: Path, runtime: RuntimeState) -> str | None:
    """Return what in a file is newer than the runtime; None if nothing is known to be."""
    if runtime.version is None:
        return None
    find = _KNOWN.get(runtime.package)
    return None if find is None else find(path, runtime.version)


def _operations(path: Path, version: str) -> str | None:
    """Return the operations that a TensorFlow Lite of this version does not have."""
    try:
        codes = read_tflite(path.read_bytes()).codes
    except (OSError, FlatbufferError):
        return None
    newer = []
    for name, number in codes:
        oldest = tflite_operations.oldest_runtime(name, number)
        if oldest is not None and release_numbers(oldest) > release_numbers(version):
            newer.append(f"{name} version {number} came with TensorFlow Lite {oldest}")
    return "; ".join(newer) or None


def _operator_sets(path: Path, version: str) -> str | None:
    """Return what requires a newer ONNX Runtime, according to the contract."""
    try:
        needs = read_contract(path).needs
    except ArtifactError:
        return None
    versions = {"ai.onnx": needs.get("opset", ""), "ir_version": needs.get("ir_version", "")}
    oldest, because = onnx_runtimes.oldest_runtime({name: int(n) for name, n in versions.items() if n.isdecimal()})
    if oldest is None or release_numbers(oldest) <= release_numbers(version):
        return None
    return f"{because} came with ONNX Runtime {oldest}"


_KNOWN = {"tflite-runtime": _operations, "onnxruntime": _operator_sets}
"""By distribution. LiteRT's own versions do not tell which versions of operations it has."""
