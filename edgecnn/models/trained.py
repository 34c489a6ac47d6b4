"""A trained Keras model with its layers, for those who look into it or go on from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgecnn.errors import ModelError
from edgecnn.model_options import ModelOptions
from edgecnn.models.load import KerasClassifier, load_keras_classifier

if TYPE_CHECKING:
    import keras


def load_trained(path: Path, options: ModelOptions = ModelOptions()) -> tuple[KerasClassifier, keras.Model]:
    """Return what a `.keras` or `.h5` file is as a classifier, checked, and the Keras model in it.

    No code in the file is run unless `options` say so.

    Raises:
        ModelError: as `load_keras_classifier`, or a SavedModel, whose layers are not in it.
        BackendError: TensorFlow is not installed.
    """
    classifier = load_keras_classifier(path, options.labels, options)
    if classifier.model is None:
        raise ModelError(f"{path} is a SavedModel, which has no layers any more; give the .keras file it was made of")
    return classifier, classifier.model
