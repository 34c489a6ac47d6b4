"""Inspecting an .onnx file in a separate process."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from edgecnn.errors import ArtifactError, BackendError
from edgecnn.inspection.child import parse_in_child
from edgecnn.inspection.onnx_child import ONNX_PARSER, InspectOnnx
from edgecnn.inspection.result import Inspection


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
