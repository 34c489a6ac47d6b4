"""One export: a Keras model in, a folder of checked artifacts and their manifest out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edgecnn.artifact import ImageSet, Manifest
from edgecnn.contract import Origin
from edgecnn.data.choice import Draw
from edgecnn.data.dataset import Dataset
from edgecnn.export.calibration import hashes
from edgecnn.export.convert import convert_all
from edgecnn.export.examine import Examined, examine
from edgecnn.export.folder import LOG_NAME, Exported, write_export
from edgecnn.export.job import ExportJob, prepare
from edgecnn.export.keras.freeze import freeze_classifier
from edgecnn.export.limits import ExportLimits
from edgecnn.export.measure import compare
from edgecnn.export.request import ExportRequest
from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasLoading
from edgecnn.progress import Progress, silent
from edgecnn.redirect import output_to
from edgecnn.spec import CALIBRATION_SIZE, ExportSpec
from edgecnn.versions import versions_of

_PACKAGES = (
    "tensorflow", "keras", "tf2onnx", "onnx", "onnxruntime", "ai-edge-litert", "ai-edge-quantizer", "numpy",
)  # fmt: skip


def export_model(
    source: str,
    out: Path,
    spec: ExportSpec,
    *,
    calibration: str = "calibration",
    draw: Draw = Draw(CALIBRATION_SIZE),
    evaluation: str = "sample",
    limits: ExportLimits = ExportLimits(),
    feeding: Feeding = Feeding(),
    loading: KerasLoading = KerasLoading(),
    progress: Progress = silent,
) -> Exported:
    """Export a Keras classifier and run every exported file on the evaluation images.

    All files are written beside `out` and checked, then moved there, the manifest last. Files of an earlier export that
    the new one does not replace are removed. The converters' output goes to `export.log`.

    Args:
        source: name of a shipped model, or path of a `.keras` or `.h5` file or a SavedModel folder.
        out: folder for the artifacts.
        spec: which files to make, and how.
        calibration: data set (see `edgecnn.data.sources`) to calibrate the int8 ranges on.
        draw: which of its images to use.
        evaluation: data set to check the files on; it must share no image with `calibration`.
        limits: what each file must meet. A file that does not, with 95 % confidence, goes to the sub-folder `rejected`,
            and the manifest says so; see `Exported.rejected`.
        feeding: how to feed the Keras model; without labels here, those of the model card are used, else those of the
            evaluation images.
        loading: whether code of the Keras model may run.
        progress: called with steps.

    Raises:
        ModelError, DataError: the model or the images cannot be used.
        ArtifactError: `out` holds other files.
        ExportError: a conversion failed, or a float32 file does not compute what Keras computes.
        BackendError: a package is missing.
        OutputError: `out` cannot be written.
    """
    request = ExportRequest(source, spec, calibration, draw, evaluation, limits, feeding, loading)
    return write_export(source, out, lambda folder: make_artifacts(request, folder, progress))


def make_artifacts(request: ExportRequest, folder: Path, progress: Progress = silent) -> Manifest:
    """Write the checked artifacts of an export to `folder`, and return their manifest.

    The converters' output goes to `export.log` there. Errors are those of `export_model`.
    """
    spec = request.spec
    steps = _Steps(progress, total=3 + len(spec.formats) * (2 + 2 * len(spec.precisions)))
    with output_to(folder / LOG_NAME):
        steps.next("importing TensorFlow, loading model and images")
        job = prepare(request)
        manifest = _manifest(job, request.source, tuple(_files(job, folder, steps)))
        steps.next("done")
        return manifest


class _Steps:
    """Counts the steps of an export for the progress callback."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def next(self, step: str) -> None:
        self._progress(step, min(self._done, self._total), self._total)
        self._done += 1


def _files(job: ExportJob, folder: Path, steps: _Steps) -> Iterator[Examined]:
    spec, made_with = job.spec, versions_of(*_PACKAGES)
    frozen = freeze_classifier(job.classifier, keep_softmax=spec.keep_softmax)
    images = None if job.calibration is None else job.calibration.images
    for file_format in spec.formats:
        conversions = convert_all(
            file_format,
            frozen.function,
            precisions=spec.precisions,
            calibration=images,
            quantization=job.quantization,
            layers=job.classifier.layers,
            step=steps.next,
        )
        for conversion in conversions:
            steps.next(f"checking {job.classifier.name}-{conversion.precision.value}.{file_format.value}")
            yield examine(job, conversion, file_format, frozen.scores, made_with=made_with, folder=folder)


def _manifest(job: ExportJob, source: str, examined: tuple[Examined, ...]) -> Manifest:
    classifier, calibrates = job.classifier, job.calibration
    return Manifest(
        origin=Origin(classifier.name, classifier.sha256, classifier.preprocessing),
        source=source,
        parameters=classifier.parameters,
        keras=compare(job.reference, job.reference, job.evaluation),
        evaluation=ImageSet(job.evaluation.name, len(job.evaluation), job.evaluation.sha256),
        calibration=None if calibrates is None else _calibration_set(calibrates),
        artifacts=tuple(result.entry for result in examined),
        made_with=versions_of(*_PACKAGES),
        choices=job.choices,
        warnings=(*job.warnings, *(warning for result in examined for warning in result.warnings)),
        task=classifier.head.task,
    )


def _calibration_set(dataset: Dataset) -> ImageSet:
    return ImageSet(dataset.name, len(dataset), dataset.sha256, dataset.ids, hashes(dataset))
