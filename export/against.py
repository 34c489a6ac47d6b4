"""Compare an int8 file with the Keras model it was made from, both given by name or path."""

from __future__ import annotations

from pathlib import Path

from edgecnn.contract import read_contract
from edgecnn.data.choice import Draw, choose_balanced
from edgecnn.data.dataset import Dataset
from edgecnn.data.sources import open_dataset
from edgecnn.export.diagnosis import NoiseDiagnosis, diagnose
from edgecnn.export.limits import ExportLimits
from edgecnn.export.restore import DIAGNOSED_IMAGES, Restoration, restore
from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasLoading
from edgecnn.models.load import KerasClassifier, load_keras_classifier
from edgecnn.models.registry import find_model_file
from edgecnn.progress import Progress, silent
from edgecnn.spec import CALIBRATION_SIZE, Precision


def diagnose_against(
    artifact: Path, model: str, data: str, *, loading: KerasLoading = KerasLoading(), progress: Progress = silent
) -> NoiseDiagnosis:
    """Return the noise that quantization added to each layer of an int8 file.

    Args:
        artifact: the file.
        model: name or path of the Keras model it was made from.
        data: images to run on (see `edgecnn.data.sources`).
        loading: whether code of the Keras model may run.
        progress: called with steps.

    Raises:
        ModelError, DataError: the model or the images cannot be used.
        ArtifactError, ContractError, ExportError: as `diagnose`.
    """
    classifier, images = _open(artifact, model, data, loading, progress)
    progress("diagnosing each layer", 0, None)
    return diagnose(artifact, classifier, choose_balanced(images, DIAGNOSED_IMAGES).images)


def restore_against(
    artifact: Path,
    model: str,
    data: str,
    *,
    calibration: str = "calibration",
    to: Precision = Precision.FLOAT32,
    limits: ExportLimits = ExportLimits(),
    out: Path | None = None,
    loading: KerasLoading = KerasLoading(),
    progress: Progress = silent,
) -> Restoration:
    """Restore as few layers of an int8 file as the gate needs to hold, and write the result.

    Args:
        artifact: the file; it is not changed.
        model: name or path of the Keras model it was made from.
        data: labelled images for the gate (see `edgecnn.data.sources`).
        calibration: images to calibrate ranges on.
        to, limits, out, progress: as for `restore`.
        loading: whether code of the Keras model may run.

    Raises:
        ModelError, DataError: the model or the images cannot be used.
        ArtifactError, ContractError, ExportError, OutputError: as `restore`.
    """
    classifier, images = _open(artifact, model, data, loading, progress)
    ranges = open_dataset(
        calibration,
        classifier.shape,
        preprocessing=classifier.preprocessing,
        draw=Draw(CALIBRATION_SIZE),
        task=classifier.head.task,
    )
    return restore(artifact, classifier, ranges, images, to=to, limits=limits, out=out, progress=progress)


def _open(
    artifact: Path, model: str, data: str, loading: KerasLoading, progress: Progress
) -> tuple[KerasClassifier, Dataset]:
    """Return the Keras model, preprocessed as the file's contract says, and its images."""
    contract = read_contract(artifact)
    progress("loading the model", 0, None)
    feeding = Feeding(contract.origin.preprocessing, contract.labels, task=contract.stated_task)
    classifier = load_keras_classifier(find_model_file(model), feeding, loading)
    images = open_dataset(
        data, classifier.shape, contract.labels, preprocessing=contract.origin.preprocessing, task=contract.task
    )
    return classifier, images
