"""A trained Keras model with its layers, for inspection or further training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgecnn.errors import ModelError
from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasLoading
from edgecnn.models.load import KerasClassifier, load_keras_classifier

if TYPE_CHECKING:
    import keras


def load_trained(
    path: Path, feeding: Feeding = Feeding(), loading: KerasLoading = KerasLoading()
) -> tuple[KerasClassifier, keras.Model]:
    """Return the checked classifier in a `.keras` or `.h5` file, and its Keras model.

    No code in the file is run unless `loading` says so.

    Raises:
        ModelError: as `load_keras_classifier`, or for a SavedModel, which contains no layers.
        BackendError: TensorFlow is not installed.
    """
    classifier = load_keras_classifier(path, feeding, loading)
    if classifier.model is None:
        raise ModelError(f"{path} is a SavedModel, which contains no layers; give the .keras file it was made from")
    return classifier, classifier.model
