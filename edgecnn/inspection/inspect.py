"""From a file to what is in it."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

from edgecnn.container import ContainerError, split
from edgecnn.contract import MAX_MODEL_BYTES, read_contract
from edgecnn.errors import ArtifactError, BackendError, ContractError
from edgecnn.flatbuffer import FlatbufferError
from edgecnn.inspection import tflite_operations
from edgecnn.inspection.account import operations
from edgecnn.inspection.assemble import assemble
from edgecnn.inspection.child import parse_in_child
from edgecnn.inspection.onnx_child import ONNX_PARSER, InspectOnnx
from edgecnn.inspection.result import ContractFacts, Inspection, Runtime, Xnnpack
from edgecnn.inspection.tflite_graph import TFLiteModel, read_tflite
from edgecnn.inspection.xnnpack import taken_by_xnnpack
from edgecnn.model_files import MODEL_FILES
from edgecnn.spec import Format
from edgecnn.versions import release_numbers


def inspect_file(path: str | Path) -> Inspection:
    """Return what is inside a .tflite or .onnx file of any origin.

    Its Python code reads .tflite files without any package; what XNNPACK takes is found out where LiteRT is installed.

    Raises:
        ArtifactError: no such file, no model, or damaged.
        BackendError: an .onnx file, and the package onnx is not installed.
    """
    path = Path(path)
    content = _read(path)
    try:
        file_format, _, text = split(content)
    except ContainerError as error:
        raise ArtifactError(f"{path} cannot be inspected: {error}") from error
    found: Inspection = MODEL_FILES[file_format].inspect(path, content)
    return replace(found, contract=None if text is None else _contract(path))


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_MODEL_BYTES:
            raise ArtifactError(f"{path} is larger than 2 GiB: no TFLite or ONNX model")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ArtifactError(f"no such model file: {path}") from error
    except OSError as error:
        raise ArtifactError(f"cannot read {path}: {error.strerror}") from error


def inspect_tflite(path: Path, content: bytes) -> Inspection:
    """Return what is in a .tflite file. Raises as `inspect_file`."""
    try:
        model = read_tflite(content)
    except FlatbufferError as error:
        raise ArtifactError(f"{path} cannot be inspected: {error}; it is damaged, or no TFLite model") from error
    taken, note = taken_by_xnnpack(path)
    found = tuple(
        replace(
            one,
            oldest_runtime=tflite_operations.oldest_runtime(one.type, one.version),
            on_xnnpack=None if taken is None else one.index in taken,
        )
        for one in operations(model.graph)
    )
    return assemble(
        path,
        Format.TFLITE,
        model.graph,
        found,
        producer=model.description,
        versions={"schema": model.version},
        subgraphs=model.subgraphs,
        runtime=_tflite_runtime(model),
        metadata=tuple(sorted(model.metadata)),
        xnnpack=Xnnpack(None if taken is None else len(taken), note),
    )


def inspect_onnx(path: Path, content: bytes) -> Inspection:  # noqa: ARG001  # the process reads the file itself
    """Return what is in an .onnx file. Raises as `inspect_file`."""
    if importlib.util.find_spec("onnx") is None:
        raise BackendError(
            "inspecting .onnx files takes the package onnx; pip install 'edgecnn[export]', or onnx alone"
        )
    try:
        return parse_in_child(ONNX_PARSER, InspectOnnx(str(path)), path)
    except ArtifactError as error:
        raise ArtifactError(f"{path} cannot be inspected: {error}") from error


def _tflite_runtime(model: TFLiteModel) -> Runtime:
    """Return the oldest TensorFlow Lite that has all operations of the file, in every subgraph."""
    declared = model.metadata.get("min_runtime_version", b"")[:16].rstrip(b"\0").decode("ascii", "replace")
    newest, because, too_new = "", "", []
    for name, version in model.codes:
        oldest = tflite_operations.oldest_runtime(name, version)
        what = f"{name} version {version}"
        if oldest is None or release_numbers(oldest) > release_numbers(tflite_operations.TFLITE_RUNTIME):
            too_new.append(what)
        if oldest is None:
            newest, because = "unknown", what
        elif newest != "unknown" and (not newest or release_numbers(oldest) > release_numbers(newest)):
            newest, because = oldest, what
    refused = f"tflite-runtime {tflite_operations.TFLITE_RUNTIME}: {', '.join(too_new)}"
    return Runtime(
        "TensorFlow Lite",
        None if newest in ("", "unknown") else newest,
        because,
        declared or None,
        (refused,) if too_new else (),
    )


def _contract(path: Path) -> ContractFacts:
    try:
        contract = read_contract(path)
    except ContractError as error:
        return ContractFacts("", "", "", 0, "", str(error))
    made_with = contract.made_with.get("edgecnn", "unknown")
    return ContractFacts(
        contract.origin.name, contract.precision.value, contract.scores.value, len(contract.labels), made_with
    )
