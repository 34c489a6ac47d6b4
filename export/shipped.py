"""Export a model that ships with edgecnn, for this machine."""

from __future__ import annotations

from pathlib import Path

from edgecnn.artifact import has_manifest
from edgecnn.export.child import export_in_child
from edgecnn.export.request import ExportRequest
from edgecnn.export.target import target_here
from edgecnn.models.registry import DEFAULT
from edgecnn.progress import Progress, silent
from edgecnn.spec import ExportSpec


def export_shipped(folder: Path, name: str = DEFAULT, *, keep: bool = False, progress: Progress = silent) -> Path:
    """Return the folder with a shipped model's float32 and int8 artifacts, exported for this machine.

    Args:
        folder: the folder for the artifacts.
        name: of the model.
        keep: whether to keep an existing export.
        progress: called with steps.

    Raises:
        ExportError, OutputError: as `export_in_child`.
    """
    if keep and has_manifest(folder):
        return folder
    return export_in_child(ExportRequest(name, ExportSpec(target=target_here())), folder, progress).folder
