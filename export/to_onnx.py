"""A frozen TensorFlow function to a float32 ONNX model, and what a model says about itself."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from edgecnn.errors import ExportError, first_line
from edgecnn.export.converted import Converted
from edgecnn.export.onnx_passes import (
    drop_unused_opsets,
    float_operations,
    fold_input_scale,
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
        return checked(_preprocessed(model))
    except Exception as error:  # both packages raise whatever they meet
        raise ExportError(f"ONNX float32: {first_line(error)}") from error


def checked(model: Any) -> Any:
    """Return the model without unused imports, after ONNX's own full check."""
    import onnx

    drop_unused_opsets(model)
    onnx.checker.check_model(model, full_check=True)
    return model


def describe(model: Any, taken: tuple[float, int] = (1.0, 0), given: tuple[float, int] = (1.0, 0)) -> Converted:
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
