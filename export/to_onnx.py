"""A frozen TensorFlow function to ONNX, in float32 or int8 with quantize-dequantize pairs (QDQ)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from edgecnn.data.dataset import Pixels
from edgecnn.errors import ExportError, first_line
from edgecnn.export.converted import Converted
from edgecnn.export.onnx_passes import (
    drop_unused_opsets,
    float_operations,
    fold_input_scale,
    integer_edges,
    layout_tail,
    name_edges,
)
from edgecnn.spec import TensorSpec

OPSET = 17
"""Read by ONNX Runtime 1.12 (2022) and later, and by OpenVINO and Netron; has all that QDQ needs."""

INPUT_NAME = "images"
OUTPUT_NAME = "scores"


def to_onnx(function: Any) -> Any:
    """Return the float32 `onnx.ModelProto` of a function from `frozen_function`, ready to run or to quantize.

    Batch 1, NHWC input. Batch norms and the scaling of pixels are folded into the convolutions, shapes are
    inferred, and dead nodes removed (ONNX Runtime's quantization pre-processing).

    Raises:
        ExportError: an operation cannot be expressed.
    """
    import tf2onnx

    try:
        model, _ = tf2onnx.convert.from_graph_def(
            function.graph.as_graph_def(),
            input_names=[function.inputs[0].name],
            output_names=[function.outputs[0].name],
            opset=OPSET,
        )
        name_edges(model, INPUT_NAME, OUTPUT_NAME)
        fold_input_scale(model)
        return _checked(_preprocessed(model))
    except Exception as error:  # both packages raise whatever they meet
        raise ExportError(f"ONNX float32: {first_line(error)}") from error


def float32(model: Any) -> Converted:
    """Return the file of a model from `to_onnx`."""
    return _converted(model, (1.0, 0), (1.0, 0))


def quantized(model: Any, calibration: Pixels) -> Converted:
    """Return the int8 file of a model from `to_onnx`: uint8 pixels in, uint8 scores out.

    Activations are uint8 and weights int8 per channel (U8S8), which ONNX Runtime runs with the dot-product
    instructions of x86.

    Args:
        model: float32 `onnx.ModelProto`.
        calibration: uint8 (N, H, W, C); the ranges of all tensors are their minima and maxima over it.

    Raises:
        ExportError: the model cannot be quantized.
    """
    import onnx
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

    with tempfile.TemporaryDirectory(prefix="edgecnn-") as folder:
        source, target = Path(folder) / "float32.onnx", Path(folder) / "int8.onnx"
        onnx.save(model, source)
        try:
            quantize_static(
                os.fspath(source),
                os.fspath(target),
                _Reader(calibration),
                quant_format=QuantFormat.QDQ,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                per_channel=True,
                calibrate_method=CalibrationMethod.MinMax,
                extra_options={"TensorQuantOverrides": {layout_tail(model): [_raw_pixels()]}},
            )
            made = onnx.load(target)
            edges = integer_edges(made)
            return _converted(_checked(made), *edges)
        except Exception as error:
            raise ExportError(f"ONNX int8: {first_line(error)}") from error


def _checked(model: Any) -> Any:
    """Return the model without unused imports, after ONNX's own full check."""
    import onnx

    drop_unused_opsets(model)
    onnx.checker.check_model(model, full_check=True)
    return model


def _converted(model: Any, taken: tuple[float, int], given: tuple[float, int]) -> Converted:
    """Return the bytes of a model, with its tensors; `taken` and `given` are scale and zero-point of its edges."""
    model.producer_name = "edgecnn"
    opset = max(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    return Converted(
        model.SerializeToString(),
        _tensor(model.graph.input[0], taken),
        _tensor(model.graph.output[0], given),
        {"opset": str(opset), "ir_version": str(model.ir_version)},
        float_operations(model),
    )


class _Reader:
    """Feeds calibration images one by one, as ONNX Runtime's `CalibrationDataReader` asks for."""

    def __init__(self, images: Pixels) -> None:
        self._images: Iterator[Any] = iter(images)

    def get_next(self) -> dict[str, Any] | None:
        """Return the next feed, or None at the end."""
        image = next(self._images, None)
        return None if image is None else {INPUT_NAME: image[None].astype(np.float32)}


def _raw_pixels() -> dict[str, Any]:
    """The input's quantization: a step is a pixel value, whatever the calibration images happen to span."""
    return {"scale": np.array(1.0, np.float32), "zero_point": np.array(0, np.uint8)}


def _preprocessed(model: Any) -> Any:
    import onnx
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory(prefix="edgecnn-") as folder:
        source, target = Path(folder) / "raw.onnx", Path(folder) / "prepared.onnx"
        onnx.save(model, source)
        quant_pre_process(os.fspath(source), os.fspath(target), skip_symbolic_shape=True)  # all shapes are fixed
        return onnx.load(target)


def _tensor(value: Any, quantization: tuple[float, int]) -> TensorSpec:
    import onnx

    kind = value.type.tensor_type
    dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type)).name
    return TensorSpec(value.name, tuple(size.dim_value for size in kind.shape.dim), dtype, *quantization)
