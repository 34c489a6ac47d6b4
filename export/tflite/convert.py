"""Convert a frozen TensorFlow function to a float32 TFLite flatbuffer, and describe a flatbuffer."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgecnn.errors import ExportError, first_line
from edgecnn.export.converted import Converted
from edgecnn.models.framework import import_tensorflow
from edgecnn.spec import TensorSpec


def convert(function: Any) -> bytes:
    """Return the float32 TFLite flatbuffer of a function from `keras.freeze`. Only built-in operations are used.

    Raises:
        ExportError: an operation cannot be expressed.
    """
    tf = import_tensorflow()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    try:
        return converter.convert()  # type: ignore[no-any-return]
    except Exception as error:  # the converter raises several classes
        raise ExportError(f"TFLite float32: {first_line(error)}") from error


def describe(content: bytes, float_operations: tuple[str, ...] = ()) -> Converted:
    """Return a flatbuffer with the tensors and metadata that its runtime reads from it."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content)
    return Converted(
        content,
        _tensor(interpreter.get_input_details()[0]),
        _tensor(interpreter.get_output_details()[0]),
        {"tensorflow-lite": _minimum_runtime(content)},
        float_operations,
    )


def _minimum_runtime(content: bytes) -> str:
    """Return the oldest TensorFlow Lite that has every operation, as the converter wrote it into the file."""
    from ai_edge_litert.schema_py_generated import Model

    model = Model.GetRootAs(content)
    for index in range(model.MetadataLength()):
        entry = model.Metadata(index)
        if entry.Name() == b"min_runtime_version":
            return bytes(model.Buffers(entry.Buffer()).DataAsNumpy()).rstrip(b"\0").decode()
    return "unknown"


def _tensor(details: dict[str, Any]) -> TensorSpec:
    dtype = np.dtype(details["dtype"]).name
    shape = tuple(int(size) for size in details["shape"])
    if dtype == "float32":
        return TensorSpec(details["name"], shape, dtype)
    scale, zero_point = details["quantization"]
    return TensorSpec(details["name"], shape, dtype, float(scale), int(zero_point))
