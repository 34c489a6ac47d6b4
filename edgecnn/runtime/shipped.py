"""The exported models that ship with the package, for those who have no artifact yet."""

from __future__ import annotations

from pathlib import Path

from edgecnn.errors import BackendError
from edgecnn.model_files import MODEL_FILES
from edgecnn.models.registry import DEFAULT, shipped_folder
from edgecnn.runtime.backend import BACKENDS
from edgecnn.runtime.lookup import named_backend


def default_artifact(backend: str | None = None) -> Path:
    """Return the shipped int8 file that an installed runtime, or the named one, can run.

    Raises:
        BackendError: no runtime is installed.
    """
    able = [one for one in BACKENDS.values() if one.is_installed] if backend is None else [named_backend(backend)]
    for file_format in MODEL_FILES:
        if any(file_format in one.formats for one in able):
            return shipped_folder(DEFAULT) / f"{DEFAULT}-int8.{file_format.value}"
    if backend is not None:
        return shipped_folder(DEFAULT) / "model.keras"
    raise BackendError("no runtime is installed; pip install 'edgecnn[litert]'")
