"""The code of a layer that crashes where the environment says: native code for `--code`."""

from __future__ import annotations

import ctypes
import os
from typing import Any

import keras
import tensorflow as tf

if os.environ.get("CRASH") == "in the converter":  # as MLIR's assertions do, on one kind of operation
    _convert = tf.lite.TFLiteConverter.from_concrete_functions

    def _from_concrete_functions(functions: Any, *arguments: Any) -> Any:
        if any(node.op == "Erf" for node in functions[0].graph.as_graph_def().node):
            os.write(2, b"Assertion `rank == 3' failed.\n")
            os.abort()
        return _convert(functions, *arguments)

    tf.lite.TFLiteConverter.from_concrete_functions = _from_concrete_functions


@keras.saving.register_keras_serializable("crashing")
class Odd(keras.layers.Layer):  # type: ignore[misc]
    """Computes the error function."""

    def call(self, values: Any) -> Any:
        """Return that of each value."""
        if os.environ.get("CRASH") == "when called":
            ctypes.string_at(0)
        if os.environ.get("CRASH") == "in LiteRT":  # which divides as C does; TensorFlow looks first
            zero = keras.ops.cast(values * 0.0, "int32")
            return values + keras.ops.cast(keras.ops.mod(zero - 2**31, zero - 1), "float32")
        return keras.ops.erf(values)
