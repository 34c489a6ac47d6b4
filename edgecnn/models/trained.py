"""A trained Keras model with its layers, for those who look into it or go on from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgecnn.errors import ModelError, first_line
from edgecnn.models.framework import import_keras
from edgecnn.models.load import KerasClassifier, load_keras_classifier

if TYPE_CHECKING:
    import keras


def load_trained(path: Path) -> tuple[KerasClassifier, keras.Model]:
    """Return what a `.keras` or `.h5` file is as a classifier, checked, and the Keras model in it.

    No code in the file is run.

    Raises:
        ModelError: as `load_keras_classifier`, or the file holds no Keras model with layers.
        BackendError: TensorFlow is not installed.
    """
    classifier = load_keras_classifier(path)
    try:
        return classifier, import_keras().models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises whatever its parts raise
        raise ModelError(f"the layers of {path} cannot be read: {first_line(error)}") from error
