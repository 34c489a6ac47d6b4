"""The exported models that ship with the package, for those who have no artifact yet."""

from __future__ import annotations

from pathlib import Path

from edgecnn.errors import BackendError
from edgecnn.models.registry import DEFAULT, shipped_folder
from edgecnn.runtime.backend import BACKENDS
from edgecnn.spec import Format


def default_artifact(backend: str | None = None) -> Path:
    """Return the shipped int8 file that an installed runtime, or the named one, can run.

    Raises:
        BackendError: no runtime is installed.
    """
    for file_format in (Format.TFLITE, Format.ONNX):
        for one in BACKENDS.values():
            if file_format in one.formats and (one.name == backend if backend else one.is_installed):
                return shipped_folder(DEFAULT) / f"{DEFAULT}-int8.{file_format.value}"
    if backend == "keras":
        return shipped_folder(DEFAULT) / "model.keras"
    raise BackendError("no runtime is installed; pip install 'edgecnn[litert]'")
