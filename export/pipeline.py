"""One export: a Keras model in, a folder of checked artifacts and their manifest out."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgecnn.artifact import MANIFEST_NAME, REJECTED_FOLDER, Entry, ImageSet, Manifest, read_manifest
from edgecnn.artifact import SCHEMA_VERSION as MANIFEST_VERSION
from edgecnn.contract import Contract, Origin, seal
from edgecnn.data.choice import choose_balanced
from edgecnn.data.dataset import Dataset
from edgecnn.data.sources import open_dataset
from edgecnn.errors import ArtifactError, DataError, ExportError
from edgecnn.export.calibration import check_calibration
from edgecnn.export.converted import Converted
from edgecnn.export.graph import frozen_function
from edgecnn.export.judge import judge
from edgecnn.export.measure import Scores, compare
from edgecnn.export.observe import observe_onnx, observe_tflite
from edgecnn.export.ranges import choose_ranges
from edgecnn.files import cannot_write, sha256_file, staging_folder
from edgecnn.gate import MAX_DROP_POINTS
from edgecnn.models.load import KerasClassifier, load_keras_classifier
from edgecnn.models.registry import find_model_file
from edgecnn.noise import output_to
from edgecnn.progress import Progress, silent
from edgecnn.runtime.classifier import Classifier
from edgecnn.runtime.keras import open_loaded
from edgecnn.runtime.load import load
from edgecnn.schema import SchemaError, decode_json
from edgecnn.spec import ExportSpec, Format, Method, Precision
from edgecnn.versions import versions_of

LOG_NAME = "export.log"
CALIBRATION_SIZE = 512

FLOAT_TOLERANCE = 1e-3
"""Largest difference of a float32 artifact's probabilities to Keras' that rounding can explain."""

_FORMAT_NAMES = {Format.TFLITE: "TFLite", Format.ONNX: "ONNX"}

_PACKAGES = ("tensorflow", "keras", "tf2onnx", "onnx", "onnxruntime", "ai-edge-litert", "ai-edge-quantizer", "numpy")


@dataclass(frozen=True, slots=True)
class Exported:
    """The folder that was written, and what is in it."""

    folder: Path
    manifest: Manifest

    @property
    def rejected(self) -> tuple[Entry, ...]:
        """The files whose gate did not hold."""
        return tuple(entry for entry in self.manifest.artifacts if entry.is_rejected)


@dataclass(frozen=True, slots=True)
class _Job:
    """What all steps of one export share."""

    classifier: KerasClassifier
    calibration: Dataset | None
    evaluation: Dataset
    reference: Scores
    max_drop: float
    made_with: dict[str, str]


def export_model(
    source: str,
    out: Path,
    spec: ExportSpec,
    *,
    calibration: str = "calibration",
    evaluation: str = "sample",
    max_drop: float = MAX_DROP_POINTS,
    labels: tuple[str, ...] | None = None,
    progress: Progress = silent,
) -> Exported:
    """Export a Keras classifier and run every file that was made on the evaluation images.

    Everything is written beside `out` first and moved there when it is whole and checked, the manifest last.
    Files of an earlier export that the new one does not replace are removed. What the converters print goes
    to `export.log`.

    Args:
        source: name of a shipped model, or path of a `.keras` or `.h5` file.
        out: folder for the artifacts.
        spec: which files to make.
        calibration: data set (see `edgecnn.data.sources`) that the int8 ranges are taken from.
        evaluation: data set that the files are checked on; it may share no image with `calibration`.
        max_drop: points of top-1 that an int8 file may lose to Keras. One that loses more, with 95 % confidence, is
            put into the sub-folder `rejected`, and the manifest says so; see `Exported.rejected`.
        labels: class names; None takes the model card's, else those of the evaluation images.
        progress: called with steps.

    Raises:
        ModelError, DataError: the model or the images cannot be used.
        ArtifactError: `out` holds other files.
        ExportError: a conversion failed, or a float32 file does not compute what Keras computes.
        BackendError: a package is missing.
        OutputError: `out` cannot be written.
    """
    steps = _Steps(progress, total=3 + 2 * len(spec.formats) * len(spec.precisions))
    path = find_model_file(source)
    _refuse_foreign_folder(out)
    with staging_folder(out) as staging, _log(staging / LOG_NAME):
        steps.next("importing TensorFlow and loading the model")
        classifier = load_keras_classifier(path, labels)
        steps.next("reading the images")
        job = _prepare(classifier, calibration, evaluation, spec, max_drop)
        entries = _make_files(job, spec, staging, steps)
        manifest = _manifest(job, source, entries)
        (staging / MANIFEST_NAME).write_bytes(manifest.to_json())
        steps.next("done")
        _move_into_place(staging, out, manifest)
    return Exported(out, manifest)


class _Steps:
    """Counts the steps of an export for the progress callback."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def next(self, what: str) -> None:
        self._progress(what, self._done, self._total)
        self._done += 1


def _prepare(classifier: KerasClassifier, calibration: str, evaluation: str, spec: ExportSpec, max_drop: float) -> _Job:
    judged = open_dataset(evaluation, classifier.shape, classifier.labels)
    if judged.labels is None:
        raise DataError(f"{judged.name} has no labels: accuracy cannot be measured on it")
    classifier = replace(classifier, labels=judged.class_names)  # its own, or those of the images where it has none
    ranged = None
    if Precision.INT8 in spec.precisions:
        ranged = choose_balanced(open_dataset(calibration, classifier.shape), CALIBRATION_SIZE)
        check_calibration(ranged, judged)
    reference = Classifier(open_loaded(classifier)).predict(judged.images)
    return _Job(classifier, ranged, judged, reference, max_drop, versions_of(*_PACKAGES))


def _make_files(job: _Job, spec: ExportSpec, folder: Path, steps: _Steps) -> tuple[Entry, ...]:
    entries = []
    function = frozen_function(job.classifier)
    for file_format in spec.formats:
        for precision, converted in _convert(function, file_format, spec.precisions, job.calibration, steps):
            path = folder / f"{job.classifier.name}-{precision.value}.{file_format.value}"
            path.write_bytes(seal(converted.payload, _contract(job, file_format, precision, converted)))
            steps.next(f"checking {path.name} on {len(job.evaluation):,} images")
            entries.append(_check(job, path, file_format, precision))
    return tuple(entries)


def _convert(
    function: Any, file_format: Format, precisions: tuple[Precision, ...], calibration: Dataset | None, steps: _Steps
) -> Iterator[tuple[Precision, Converted]]:
    """Yield each precision of one format; a format's precisions share what can be shared."""
    convert, describe, observe, quantize = _tools(file_format)
    name = _FORMAT_NAMES[file_format]
    steps.next(f"converting to {name} float32")
    model = convert(function)
    yield Precision.FLOAT32, describe(model)
    ranges = None
    if calibration is not None:
        ranges = choose_ranges(observe(model, calibration.images), Method.MIN_MAX)
    for precision in precisions:
        if precision is not Precision.FLOAT32:
            steps.next(f"quantizing to {name} {precision.value}")
            yield precision, quantize(model, precision, ranges)


def _tools(file_format: Format) -> tuple[Any, Any, Any, Any]:
    """Return what converts, describes, observes and quantizes a model of one format."""
    if file_format is Format.TFLITE:
        from edgecnn.export import quantize_tflite, to_tflite

        return to_tflite.to_tflite, to_tflite.describe, observe_tflite, quantize_tflite.quantize_tflite
    from edgecnn.export import quantize_onnx, to_onnx

    return to_onnx.to_onnx, to_onnx.describe, observe_onnx, quantize_onnx.quantize_onnx


def _contract(job: _Job, file_format: Format, precision: Precision, converted: Converted) -> Contract:
    classifier = job.classifier
    return Contract(
        format=file_format,
        precision=precision,
        input=converted.input,
        output=converted.output,
        scores=classifier.scores,
        labels=classifier.labels,
        preprocessing=classifier.preprocessing,
        origin=Origin(classifier.name, classifier.sha256),
        needs=converted.needs,
        made_with=job.made_with,
        float_operations=converted.float_operations if precision is Precision.INT8 else (),
    )


def _check(job: _Job, path: Path, file_format: Format, precision: Precision) -> Entry:
    """Run a file on the evaluation images, with the runtime that will run it, and move it away if it is rejected.

    Raises:
        ExportError: a float32 file differs from Keras by more than rounding.
    """
    scores = load(path).predict(job.evaluation.images)
    measured = compare(scores, job.reference, job.evaluation)
    size, digest = path.stat().st_size, sha256_file(path)
    if precision is Precision.FLOAT32:
        if not measured.max_difference <= FLOAT_TOLERANCE:
            raise ExportError(
                f"{path.name} does not compute what Keras computes: "
                f"probabilities differ by {measured.max_difference:.2g}"
            )
        return Entry(path.name, file_format, precision, size, digest, measured)
    gate = judge(scores.argmax(axis=1), job.reference.argmax(axis=1), job.evaluation, job.max_drop)
    entry = Entry(path.name, file_format, precision, size, digest, measured, gate)
    if entry.is_rejected:
        (path.parent / REJECTED_FOLDER).mkdir(exist_ok=True)
        path.rename(path.parent / entry.place)
    return entry


def _manifest(job: _Job, source: str, entries: tuple[Entry, ...]) -> Manifest:
    return Manifest(
        origin=Origin(job.classifier.name, job.classifier.sha256),
        source=source,
        parameters=job.classifier.parameters,
        keras=compare(job.reference, job.reference, job.evaluation),
        evaluation=ImageSet(job.evaluation.name, len(job.evaluation), job.evaluation.sha256),
        calibration=_calibration_set(job.calibration),
        artifacts=entries,
        made_with=job.made_with,
    )


def _calibration_set(dataset: Dataset | None) -> ImageSet | None:
    return None if dataset is None else ImageSet(dataset.name, len(dataset), dataset.sha256, dataset.ids)


def _refuse_foreign_folder(out: Path) -> None:
    """Raise unless `out` is new, empty, or holds an earlier export: nobody's other files shall be mixed in."""
    try:
        if out.exists() and not out.is_dir():
            raise ArtifactError(f"{out} is a file; give a folder with --out")
        if out.is_dir() and any(out.iterdir()) and not _has_own_manifest(out):
            raise ArtifactError(
                f"{out} holds other files and no {MANIFEST_NAME} of edgecnn; give a new folder with --out"
            )
    except OSError as error:
        raise cannot_write(out, error) from error


def _has_own_manifest(out: Path) -> bool:
    """Whether `manifest.json` is one of edgecnn's: web applications have files of that name as well."""
    try:
        decode_json(Manifest, (out / MANIFEST_NAME).read_bytes(), newest=MANIFEST_VERSION)
    except (FileNotFoundError, IsADirectoryError, SchemaError):
        return False
    return True


def _move_into_place(staging: Path, out: Path, manifest: Manifest) -> None:
    if not out.exists():
        staging.rename(out)
        return
    kept = {entry.place for entry in manifest.artifacts}
    outdated = _files_of_earlier_export(out) - kept
    if any(entry.is_rejected for entry in manifest.artifacts):
        (out / REJECTED_FOLDER).mkdir(exist_ok=True)
    for name in (*kept, LOG_NAME, MANIFEST_NAME):
        (staging / name).replace(out / name)
    for name in outdated:  # last: where moving fails, as into another file system, nothing is lost
        (out / name).unlink(missing_ok=True)
    if not any(entry.is_rejected for entry in manifest.artifacts):
        with contextlib.suppress(OSError):  # not there, or somebody's own files are in it
            (out / REJECTED_FOLDER).rmdir()


def _files_of_earlier_export(out: Path) -> set[str]:
    try:
        return {entry.place for entry in read_manifest(out).artifacts}
    except ArtifactError:  # damaged or interrupted: what cannot be read is not ours to remove
        return set()


@contextlib.contextmanager
def _log(path: Path) -> Iterator[None]:
    """Divert the converters' noise to `path`; after a failed conversion the error says where it was kept."""
    try:
        with output_to(path):
            yield
    except ExportError as error:
        descriptor, kept = tempfile.mkstemp(prefix="edgecnn-export-", suffix=".log")
        os.close(descriptor)
        shutil.copyfile(path, kept)
        raise ExportError(f"{error}; the converters' own words are in {kept}") from error
