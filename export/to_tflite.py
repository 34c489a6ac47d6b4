"""A frozen TensorFlow function to TFLite, in float32 or full-integer int8."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from edgecnn.data.dataset import Pixels
from edgecnn.errors import ExportError, first_line
from edgecnn.export.calibration import with_full_range
from edgecnn.export.converted import Converted
from edgecnn.models.framework import import_tensorflow
from edgecnn.spec import TensorSpec


def to_tflite(function: Any, calibration: Pixels | None) -> Converted:
    """Return the TFLite flatbuffer of a function from `frozen_function`.

    int8 is full integer: uint8 pixels in, uint8 scores out, int8 weights per channel and activations inside;
    the conversion fails rather than leave a float operation. Only built-in operations are used.

    Args:
        function: the frozen function.
        calibration: uint8 (N, H, W, C) for int8; None for float32.

    Raises:
        ExportError: an operation cannot be expressed.
    """
    tf = import_tensorflow()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    if calibration is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        images = with_full_range(calibration)
        converter.representative_dataset = lambda: _batches(images)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.uint8
    try:
        content: bytes = converter.convert()
    except Exception as error:  # the converter raises several classes of its own
        kind = "float32" if calibration is None else "int8"
        raise ExportError(f"TFLite {kind}: {first_line(error)}") from error
    return _describe(content)


def _batches(images: Pixels) -> Iterator[list[Any]]:
    for image in images:
        yield [image[None].astype(np.float32)]


def _describe(content: bytes) -> Converted:
    """Read tensors and metadata back from the flatbuffer, with the runtime that will run it."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content)
    return Converted(
        content,
        _tensor(interpreter.get_input_details()[0]),
        _tensor(interpreter.get_output_details()[0]),
        {"tensorflow-lite": _minimum_runtime(content)},
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
