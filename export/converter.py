"""The requests that the conversion process handles. TensorFlow and LiteRT crash on some models, so this process may."""

from __future__ import annotations

import faulthandler
from dataclasses import dataclass
from pathlib import Path

from edgecnn.artifact import Manifest
from edgecnn.export.diagnosis import NoiseDiagnosis
from edgecnn.export.limits import ExportLimits
from edgecnn.export.request import ExportRequest
from edgecnn.export.restore import Restoration
from edgecnn.files import cannot_write
from edgecnn.isolated.messages import Handlers, Request
from edgecnn.keras_loading import KerasLoading
from edgecnn.progress import Progress
from edgecnn.spec import Precision

CONVERTER = f"{__name__}:handlers"


@dataclass(frozen=True, slots=True)
class MakeArtifacts(Request[Manifest]):
    """Fill `folder` with the artifacts of an export to the folder `out`."""

    export: ExportRequest
    folder: str
    out: str


@dataclass(frozen=True, slots=True)
class DiagnoseFile(Request[NoiseDiagnosis]):
    """Diagnose what quantization did to each layer of a file; see `diagnose_against`."""

    artifact: str
    model: str
    data: str
    loading: KerasLoading = KerasLoading()


@dataclass(frozen=True, slots=True)
class RestoreFile(Request[Restoration]):
    """Restore layers of a file and write the result; see `restore_against`."""

    artifact: str
    model: str
    data: str
    calibration: str = "calibration"
    to: Precision = Precision.FLOAT32
    limits: ExportLimits = ExportLimits()
    out: str | None = None
    loading: KerasLoading = KerasLoading()


def handlers(progress: Progress) -> Handlers:
    """Return the handlers of this process; if a library crashes, Python's stack goes to the log."""
    if not faulthandler.is_enabled():
        faulthandler.enable(2)
    return {
        MakeArtifacts: lambda request: _make_artifacts(request, progress),
        DiagnoseFile: lambda request: _diagnose(request, progress),
        RestoreFile: lambda request: _restore(request, progress),
    }


def _make_artifacts(request: MakeArtifacts, progress: Progress) -> Manifest:
    from edgecnn.export.pipeline import make_artifacts

    try:
        return make_artifacts(request.export, Path(request.folder), progress)
    except OSError as error:
        raise cannot_write(Path(request.out), error) from error


def _diagnose(request: DiagnoseFile, progress: Progress) -> NoiseDiagnosis:
    from edgecnn.export.against import diagnose_against

    return diagnose_against(
        Path(request.artifact), request.model, request.data, loading=request.loading, progress=progress
    )


def _restore(request: RestoreFile, progress: Progress) -> Restoration:
    from edgecnn.export.against import restore_against

    return restore_against(
        Path(request.artifact),
        request.model,
        request.data,
        calibration=request.calibration,
        to=request.to,
        limits=request.limits,
        out=None if request.out is None else Path(request.out),
        loading=request.loading,
        progress=progress,
    )
