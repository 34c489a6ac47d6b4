"""The original Keras model, called in one of three ways: the baseline for artifacts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from edgecnn.contract import Contract, Origin
from edgecnn.errors import BackendError, ModelError, first_line
from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasCall, KerasLoading
from edgecnn.models.framework import import_tensorflow
from edgecnn.models.load import KerasClassifier, load_keras_classifier
from edgecnn.runtime.backend import Opened, Tensor
from edgecnn.spec import Format, Precision, TensorSpec
from edgecnn.versions import versions_of

BATCH = 250
"""Images a call when many are classified."""


class _KerasSession:
    def __init__(self, call: Any, path: Path) -> None:
        self._call, self._path = call, path

    def run(self, tensor: Tensor) -> Tensor:
        try:
            return np.asarray(self._call(tensor))
        except Exception as error:  # of any layer that works call by call, and not as a graph
            raise ModelError(f"{self._path} cannot be compiled and run by TensorFlow: {first_line(error)}") from error


def open_keras(path: Path, threads: int, feeding: Feeding, loading: KerasLoading) -> Opened:
    """Return the model as a `tf.function`. The number of threads applies to the whole process.

    If TensorFlow has already run with its default, all cores, that number stays: measure in a separate process, as
    `edgecnn bench` does.

    Raises:
        ModelError: as `load_keras_classifier`.
        BackendError: TensorFlow is missing, or already runs with another number of threads.
    """
    threading = import_tensorflow().config.threading
    try:
        threading.set_intra_op_parallelism_threads(threads)
        threading.set_inter_op_parallelism_threads(1)
    except RuntimeError as error:
        if threading.get_intra_op_parallelism_threads() not in (0, threads):
            raise BackendError("TensorFlow already runs with another number of threads; use a new process") from error
    if feeding.scores is not None or feeding.size is not None:
        raise ModelError(f"{path} says itself what its scores and its size are; do not state them for a Keras model")
    return open_loaded(load_keras_classifier(path, feeding, loading), loading.call)


def open_loaded(classifier: KerasClassifier, how: KerasCall = KerasCall.FUNCTION) -> Opened:
    """Return a Keras classifier in memory as a session, with the equivalent contract.

    Raises:
        BackendError: it is to be called by `Model.predict`, but is a SavedModel.
    """
    height, width, channels = classifier.shape
    contract = Contract(
        format=Format.KERAS,
        precision=Precision.FLOAT32,
        input=TensorSpec("images", (BATCH, height, width, channels), "float32"),
        output=TensorSpec("scores", (BATCH, classifier.head.outputs), "float32"),
        scores=classifier.scores,
        labels=classifier.labels,
        preprocessing=classifier.preprocessing,
        origin=Origin(classifier.name, classifier.sha256, classifier.preprocessing),
        needs={},
        made_with=versions_of("tensorflow", "keras"),
        task=classifier.head.task,
    )
    return Opened(contract, _KerasSession(_callable(classifier, how), classifier.path))


def _callable(classifier: KerasClassifier, how: KerasCall) -> Any:
    if how is KerasCall.PREDICT:
        model = classifier.model
        if model is None:
            raise BackendError(f"{classifier.path} is a SavedModel, which has no Model.predict")
        return lambda images: model.predict(images, verbose=0)
    if how is KerasCall.PLAIN:
        return classifier.call
    tf = import_tensorflow()
    shape = tf.TensorSpec((None, *classifier.shape), tf.float32)
    return tf.function(classifier.call, input_signature=[shape])
