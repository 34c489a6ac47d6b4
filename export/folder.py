"""The folder of an export: refused where it is somebody else's, replaced whole or not at all."""

from __future__ import annotations

import contextlib
from pathlib import Path

from edgecnn.artifact import MANIFEST_NAME, REJECTED_FOLDER, Manifest, has_manifest, intact_entries
from edgecnn.errors import ArtifactError
from edgecnn.files import cannot_write

LOG_NAME = "export.log"


def refuse_foreign_folder(out: Path) -> None:
    """Raise unless `out` is new, empty, or holds an earlier export: nobody's other files shall be mixed in."""
    try:
        if out.exists() and not out.is_dir():
            raise ArtifactError(f"{out} is a file; give a folder with --out")
        if out.is_mount():
            raise ArtifactError(
                f"{out} is the root of a file system, where an export cannot be moved into place at once; give a "
                f"folder in it with --out, as {out / 'edgecnn'}"
            )
        if out.is_dir() and any(out.iterdir()) and not has_manifest(out):
            raise ArtifactError(
                f"{out} holds other files and no {MANIFEST_NAME} of edgecnn; give a new folder with --out"
            )
    except OSError as error:
        raise cannot_write(out, error) from error


def move_into_place(staging: Path, out: Path, manifest: Manifest) -> None:
    """Move a finished export to `out`, the manifest last, and remove what an earlier one left."""
    if not out.exists():
        staging.rename(out)
        return
    kept = {entry.place for entry in manifest.artifacts}
    outdated = {entry.place for entry in intact_entries(out)} - kept  # what was changed is not ours to remove
    if any(entry.is_rejected for entry in manifest.artifacts):
        (out / REJECTED_FOLDER).mkdir(exist_ok=True)
    for name in (*kept, LOG_NAME, MANIFEST_NAME):
        (staging / name).replace(out / name)
    for name in outdated:  # last: where moving fails, as into another file system, nothing is lost
        (out / name).unlink(missing_ok=True)
    if not any(entry.is_rejected for entry in manifest.artifacts):
        with contextlib.suppress(OSError):  # not there, or somebody's own files are in it
            (out / REJECTED_FOLDER).rmdir()
