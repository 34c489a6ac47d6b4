"""Inspecting a model file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from edgecnn.container import ContainerError, split
from edgecnn.contract import parse_contract, read_model_file
from edgecnn.errors import ArtifactError, ContractError
from edgecnn.inspection.result import ContractFacts, Inspection
from edgecnn.model_files import MODEL_FILES


def inspect_file(path: str | Path) -> Inspection:
    """Return what is inside a .tflite or .onnx file of any origin.

    Its Python code reads .tflite files without any package; what XNNPACK takes is found out where LiteRT is installed.

    Raises:
        ArtifactError: no such file, no model, or damaged.
        BackendError: an .onnx file, and the package onnx is not installed.
    """
    path = Path(path)
    content = read_model_file(path)
    try:
        file_format, _, text = split(content)
    except ContainerError as error:
        raise ArtifactError(f"{path} cannot be inspected: {error}") from error
    inspection: Inspection = MODEL_FILES[file_format].inspect(path, content)
    return replace(inspection, contract=None if text is None else _contract(content, path))


def _contract(content: bytes, path: Path) -> ContractFacts:
    try:
        contract = parse_contract(content, path)
    except ContractError as error:
        return ContractFacts("", "", "", 0, "", str(error))
    made_with = contract.made_with.get("edgecnn", "unknown")
    return ContractFacts(
        contract.origin.name, contract.precision.value, contract.scores.value, len(contract.labels), made_with
    )
