"""The folder of an export: foreign folders are refused, and files replaced all at once or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edgecnn.artifact import MANIFEST_NAME, REJECTED_FOLDER, Entry, Manifest, has_manifest, intact_entries
from edgecnn.errors import ArtifactError, ExportError
from edgecnn.files import cannot_write, staging_folder
from edgecnn.models.registry import find_model_file

LOG_NAME = "export.log"


@dataclass(frozen=True, slots=True)
class Exported:
    """The folder of a finished export, and its manifest."""

    folder: Path
    manifest: Manifest

    @property
    def rejected(self) -> tuple[Entry, ...]:
        """The files whose gate did not hold."""
        return tuple(entry for entry in self.manifest.artifacts if entry.is_rejected)


def write_export(source: str, out: Path, make: Callable[[Path], Manifest]) -> Exported:
    """Let `make` fill a folder beside `out`, then move the complete folder to `out`, the manifest last.

    Args:
        source: name or path of the Keras model, which must exist.
        out: the folder to write.
        make: takes the folder to fill; returns the manifest of the files in it.

    Raises:
        ModelError: there is no such model.
        ArtifactError: `out` holds other files.
        OutputError: `out` cannot be written.
        ExportError: as `make`; the message then says where the log is.
    """
    find_model_file(source)
    refuse_foreign_folder(out)
    with staging_folder(out) as staging, _kept_log(staging / LOG_NAME):
        manifest = make(staging)
        (staging / MANIFEST_NAME).write_bytes(manifest.to_json())
        move_into_place(staging, out, manifest)
    return Exported(out, manifest)


def refuse_foreign_folder(out: Path) -> None:
    """Raise unless `out` is new, empty, or holds an earlier export, so that an export never mixes with other files."""
    try:
        if out.exists() and not out.is_dir():
            raise ArtifactError(f"{out} is a file; give a folder with --out")
        if out.is_mount():
            raise ArtifactError(
                f"{out} is the root of a file system, where an export cannot be moved into place; give a "
                f"folder in it with --out, such as {out / 'edgecnn'}"
            )
        if out.is_dir() and any(out.iterdir()) and not has_manifest(out):
            raise ArtifactError(
                f"{out} holds other files and no {MANIFEST_NAME} of edgecnn; give a new folder with --out"
            )
    except OSError as error:
        raise cannot_write(out, error) from error


def move_into_place(staging: Path, out: Path, manifest: Manifest) -> None:
    """Move a finished export to `out`, the manifest last, and remove outdated files of an earlier one."""
    if not out.exists():
        staging.rename(out)
        return
    kept = {entry.place for entry in manifest.artifacts}
    outdated = {entry.place for entry in intact_entries(out)} - kept  # files that were changed are not ours to remove
    if any(entry.is_rejected for entry in manifest.artifacts):
        (out / REJECTED_FOLDER).mkdir(exist_ok=True)
    for name in (*kept, LOG_NAME, MANIFEST_NAME):
        (staging / name).replace(out / name)
    for name in outdated:  # last: if moving fails, as into another file system, nothing is lost
        (out / name).unlink(missing_ok=True)
    if not any(entry.is_rejected for entry in manifest.artifacts):
        with contextlib.suppress(OSError):  # missing, or the user's own files are in it
            (out / REJECTED_FOLDER).rmdir()


@contextlib.contextmanager
def _kept_log(path: Path) -> Iterator[None]:
    """Keep the converters' log if the export fails with an `ExportError`, and add its path to the message."""
    try:
        yield
    except ExportError as error:
        if not path.is_file():  # it failed before a converter printed anything
            raise
        raise ExportError(f"{error}{keep_log(path.read_bytes())}") from error


def keep_log(content: bytes) -> str:
    """Keep the converters' output in a temporary file; return the end of an error message that gives its path."""
    descriptor, path = tempfile.mkstemp(prefix="edgecnn-export-", suffix=".log")
    os.close(descriptor)
    Path(path).write_bytes(content)
    return f"; the converters' output is in {path}"
