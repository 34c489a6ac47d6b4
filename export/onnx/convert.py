"""Convert a frozen TensorFlow function to a float32 ONNX model, and describe a model."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgecnn.errors import ExportError, first_line
from edgecnn.export.converted import Converted
from edgecnn.export.onnx.graph import float_operations
from edgecnn.export.onnx.model_io import IntegerIO, Step
from edgecnn.export.onnx.passes.erfc import convert_erfc
from edgecnn.export.onnx.passes.table import AFTER_CONVERTING
from edgecnn.export.passes import run_passes
from edgecnn.spec import TensorSpec

OPSET = 17
"""Read by ONNX Runtime 1.12 (2022) and later, and by OpenVINO and Netron; has everything QDQ needs."""


def convert(function: Any) -> Any:
    """Return the float32 `onnx.ModelProto` of a function from `keras.freeze`, ready to run or to quantize.

    Batch 1, NHWC input, all shapes inferred; see `passes.table`.

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
            custom_op_handlers={"Erfc": (convert_erfc, [])},
        )
        run_passes(AFTER_CONVERTING, model)
        return checked(model)
    except Exception as error:  # both packages raise all kinds of exceptions
        raise ExportError(f"ONNX float32: {first_line(error)}") from error


def checked(model: Any) -> Any:
    """Return the model if it passes ONNX's own full check."""
    import onnx

    onnx.checker.check_model(model, full_check=True)
    return model


def describe(model: Any, io: IntegerIO | None = None) -> Converted:
    """Return the bytes of a model and its tensors; `io` says what integer input and output mean."""
    model.producer_name = "edgecnn"
    opset = max(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    return Converted(
        model.SerializeToString(),
        _tensor(model.graph.input[0], (1.0, 0) if io is None else io.input),
        _tensor(model.graph.output[0], (1.0, 0) if io is None else io.output),
        {"opset": str(opset), "ir_version": str(model.ir_version)},
        float_operations(model),
    )


def _tensor(value: Any, step: Step) -> TensorSpec:
    import onnx

    kind = value.type.tensor_type
    dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type)).name
    return TensorSpec(value.name, tuple(size.dim_value for size in kind.shape.dim), dtype, *step)
