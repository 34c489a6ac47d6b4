"""Convert in a separate process: a crash there becomes an error here, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

from edgecnn.artifact import Manifest
from edgecnn.errors import ExportError
from edgecnn.export.converter import CONVERTER, DiagnoseFile, MakeArtifacts, RestoreFile
from edgecnn.export.diagnosis import NoiseDiagnosis
from edgecnn.export.folder import LOG_NAME, Exported, keep_log, write_export
from edgecnn.export.request import ExportRequest
from edgecnn.export.restore import Restoration
from edgecnn.export.suspect import Suspect, find_suspect
from edgecnn.isolated.child import call
from edgecnn.isolated.failure import ChildError, Ending
from edgecnn.isolated.messages import Answer, Request
from edgecnn.progress import Progress, silent

ENVIRONMENT = {"KERAS_BACKEND": "tensorflow"}
"""The converters read TensorFlow models, whatever backend the user computes with."""


def export_in_child(request: ExportRequest, out: Path, progress: Progress = silent) -> Exported:
    """Export as `export_model` does, in a separate process.

    Raises:
        ExportError: as `export_model`, or the process crashed; the message names the layer if one alone is the cause.
        EdgecnnError: as `export_model`.
    """

    def make(folder: Path) -> Manifest:
        try:
            return _convert(MakeArtifacts(request, str(folder), str(out)), progress)
        except ChildError as error:
            if error.log:
                with (folder / LOG_NAME).open("ab") as log:
                    log.write(error.log.encode())
            suspect = find_suspect(request, ENVIRONMENT, progress) if error.is_crash else None
            raise ExportError(_sentence(error, suspect)) from error

    return write_export(request.source, out, make)


def diagnose_in_child(request: DiagnoseFile, progress: Progress = silent) -> NoiseDiagnosis:
    """Return the result of `diagnose_against`, run in a separate process.

    Raises:
        ExportError: as `diagnose_against`, or the process crashed.
        EdgecnnError: as `diagnose_against`.
    """
    return _convert_or_tell(request, progress)


def restore_in_child(request: RestoreFile, progress: Progress = silent) -> Restoration:
    """Return the result of `restore_against`, run in a separate process.

    Raises:
        ExportError: as `restore_against`, or the process crashed.
        EdgecnnError: as `restore_against`.
    """
    return _convert_or_tell(request, progress)


def _convert(request: Request[Answer], progress: Progress) -> Answer:
    return call(CONVERTER, request, environment=ENVIRONMENT, progress=progress)


def _convert_or_tell(request: Request[Answer], progress: Progress) -> Answer:
    try:
        return _convert(request, progress)
    except ChildError as error:
        raise ExportError(f"{_ending(error)}{keep_log(error.log.encode())}") from error


def _sentence(error: ChildError, suspect: Suspect | None) -> str:
    """Return a sentence on how an export failed, which layer caused it, and what to do."""
    if suspect is not None:
        alternative = f", or leave {suspect.format.title} out with --formats" if suspect.format is not None else ""
        return f"{_ending(error)}, on layer {suspect.layer}; use another layer there{alternative}"
    if error.is_crash:
        return f"{_ending(error)}; no single layer was found to cause it"
    if error.ending is Ending.SIGNAL:
        return f"{_ending(error)}; end other programs, or export on a machine with more memory"
    return _ending(error)


def _ending(error: ChildError) -> str:
    if error.ending is Ending.SIGNAL and error.is_crash:
        step = f" in the step {error.step!r}" if error.step else ""
        return f"the conversion crashed ({error.signal}){step}"
    return error.describe("the conversion")
