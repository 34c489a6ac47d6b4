"""The data that all steps of one export share: the model, the images, and Keras' own answers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edgecnn.data.dataset import Dataset
from edgecnn.data.sources import open_dataset
from edgecnn.errors import DataError
from edgecnn.export.calibration import check_calibration
from edgecnn.export.limits import ExportLimits
from edgecnn.export.measure import Scores
from edgecnn.export.request import ExportRequest
from edgecnn.export.target import choices, find_target
from edgecnn.intervals import wilson
from edgecnn.models.load import KerasClassifier, load_keras_classifier
from edgecnn.models.registry import find_model_file
from edgecnn.runtime.classifier import Classifier
from edgecnn.runtime.keras import open_loaded
from edgecnn.spec import ExportSpec, Quantization


@dataclass(frozen=True, slots=True)
class ExportJob:
    """One export before any conversion.

    Attributes:
        classifier: the Keras model.
        calibration: images to calibrate ranges on; None if nothing is calibrated.
        evaluation: images to judge files on.
        reference: Keras' probabilities on the evaluation images, float32, (N, classes).
        quantization: settings of the quantized files.
        choices: the reasons for these, in sentences.
        warnings: what deserves a look, in sentences.
    """

    classifier: KerasClassifier
    calibration: Dataset | None
    evaluation: Dataset
    reference: Scores
    spec: ExportSpec
    limits: ExportLimits
    quantization: Quantization
    choices: tuple[str, ...]
    warnings: tuple[str, ...]


def prepare(request: ExportRequest) -> ExportJob:
    """Return a job with everything loaded, and checked as far as possible before a conversion.

    Raises:
        ModelError, DataError: the model or the images cannot be used.
    """
    spec = request.spec
    classifier = load_keras_classifier(find_model_file(request.source), request.feeding, request.loading)
    shape, preprocessing, task = classifier.shape, classifier.preprocessing, classifier.head.task
    judged = open_dataset(request.evaluation, shape, classifier.labels, preprocessing=preprocessing, task=task)
    classifier = replace(classifier, labels=judged.class_names)  # its own, or else those of the images
    ranged, warnings = None, _doubtful_precisions(spec)
    if any(precision.needs_calibration for precision in spec.precisions):
        ranged = open_dataset(request.calibration, shape, preprocessing=preprocessing, draw=request.draw, task=task)
        warnings += check_calibration(ranged, judged)
    reference = Classifier(open_loaded(classifier)).predict(judged.images)
    _refuse_guessing(reference, judged, request.limits)
    quantization, sentences = choices(find_target(spec.target), spec.quantization, activations=spec.activations)
    quantizes = any(not precision.is_full for precision in spec.precisions)
    return ExportJob(
        classifier,
        ranged,
        judged,
        reference,
        spec,
        request.limits,
        quantization,
        sentences if quantizes else (),
        warnings,
    )


def _doubtful_precisions(spec: ExportSpec) -> tuple[str, ...]:
    return tuple(
        f"{precision.value} {file_format.title} {caveat}"
        if file_format in precision.formats
        else f"{precision.value} is left out for {file_format.title}: {caveat}"
        for precision in spec.precisions
        for file_format, caveat in precision.caveats
        if file_format in spec.formats
    )


def _refuse_guessing(reference: Scores, evaluation: Dataset, limits: ExportLimits) -> None:
    """Raise if Keras itself only guesses: a file with the same wrong answers would pass every gate.

    An accuracy is better than guessing if its 95 % interval lies above the share of the most frequent class.
    """
    if evaluation.labels is None:
        return
    task = evaluation.task
    right = task.equal(task.answers(reference), evaluation.labels)
    accuracy, most_frequent = wilson(int(right.sum()), right.size), task.guessing(evaluation.labels)
    if limits.min_top1 is None and accuracy.low <= most_frequent:
        raise DataError(
            f"Keras itself answers only {accuracy.value:.1%} of {evaluation.name} correctly, "
            f"and guessing {most_frequent:.1%}: are labels and --scale those of its training? "
            "`edgecnn doctor input` finds out; --min-top1 0 exports anyway"
        )
    if limits.min_top1 is not None and 100 * accuracy.value < limits.min_top1:
        raise DataError(
            f"Keras itself answers only {accuracy.value:.2%} of {evaluation.name} correctly; "
            f"--min-top1 is {limits.min_top1:g}"
        )
