"""Importing TensorFlow and Keras: late, quietly, and with a clear error if they are missing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from edgecnn.errors import BackendError

if TYPE_CHECKING:
    import keras as keras_module


def import_tensorflow() -> Any:
    """Return the `tensorflow` module, with its start-up messages off unless the user set a level.

    Raises:
        BackendError: TensorFlow is not installed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    try:
        import tensorflow
    except ImportError as error:
        raise BackendError(f"TensorFlow cannot be imported ({error}); pip install 'edgecnn[export]'") from error
    return tensorflow


def import_keras() -> keras_module:
    """Return the `keras` module on the TensorFlow backend.

    Raises:
        BackendError: Keras or TensorFlow is not installed.
    """
    import_tensorflow()
    import keras

    return keras
