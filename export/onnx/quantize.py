"""Quantize a float32 ONNX model to every other precision, by ONNX Runtime's quantizer with our observed ranges."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from edgecnn.errors import ExportError, first_line
from edgecnn.export.converted import Converted
from edgecnn.export.onnx.convert import checked, describe
from edgecnn.export.onnx.graph import layer_operations, layout_tail
from edgecnn.export.onnx.model_io import integer_io
from edgecnn.export.onnx.passes.table import BEFORE_WRITING, after_quantizing
from edgecnn.export.passes import run_passes
from edgecnn.export.ranges import PIXELS, Ranges
from edgecnn.export.restored import check_restored, operations_to_restore
from edgecnn.inspection.operation_table import row_of
from edgecnn.models.layers import Layers
from edgecnn.spec import Format, Precision, Quantization


def quantize(
    float_model: Any,
    precision: Precision,
    ranges: Ranges | None = None,
    quantization: Quantization | None = None,
    layers: Layers | None = None,
) -> Converted:
    """Return a model in a precision other than float32.

    FLOAT16 computes in 16 bits, and DYNAMIC quantizes activations at each call; input and output stay float32 in both.
    INT8 has quantize-dequantize pairs (QDQ) with fixed ranges, int8 weights, and the input, output and activation
    dtypes that `quantization` sets.

    Args:
        float_model: float32 `onnx.ModelProto` of `convert`; not changed.
        precision: FLOAT16, DYNAMIC or INT8.
        ranges: for INT8, the ranges of all activations by tensor name, from `choose_ranges`.
        quantization: None is `Quantization()`. `method` has no effect here.
        layers: of the Keras model; needed to restore layers.

    Raises:
        ExportError: the quantizer fails, ONNX Runtime has no such precision, or a layer to restore is unknown.
    """
    settings = quantization or Quantization()
    if Format.ONNX not in precision.formats:
        raise ExportError(f"ONNX has no {precision.value}; TFLite has")
    check_restored(Format.ONNX, settings, layers)
    excluded = [] if layers is None else operations_to_restore(layer_operations(float_model, layers), settings)
    try:
        if not precision.is_quantized:
            return _float16(float_model, excluded)
        if not precision.needs_calibration:
            return _dynamic(float_model, precision, settings, excluded)
        return _static(float_model, precision, ranges or {}, settings, excluded)
    except Exception as error:  # its quantizer raises all kinds of exceptions
        raise ExportError(f"ONNX {precision.value}: {first_line(error)}") from error


def _float16(model: Any, excluded: list[str]) -> Converted:
    import onnx
    from onnxruntime.quantization.onnx_model import ONNXModel
    from onnxruntime.transformers.float16 import convert_float_to_float16

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    halved = ONNXModel(convert_float_to_float16(copy, keep_io_types=True, node_block_list=excluded))
    halved.topological_sort()
    run_passes(BEFORE_WRITING, halved.model)
    return describe(checked(halved.model))


def _dynamic(model: Any, precision: Precision, settings: Quantization, excluded: list[str]) -> Converted:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    with tempfile.TemporaryDirectory(prefix="edgecnn-") as folder:
        target = Path(folder) / "dynamic.onnx"
        # ConvInteger, its form of convolutions, takes unsigned weights in ONNX Runtime; MatMulInteger takes either
        weights = QuantType[f"QUInt{precision.weights.bits}"]
        quantize_dynamic(copy, target, per_channel=settings.per_channel, weight_type=weights, nodes_to_exclude=excluded)
        quantized = onnx.load(target)
    run_passes(BEFORE_WRITING, quantized)
    return describe(checked(quantized))


def _static(model: Any, precision: Precision, ranges: Ranges, settings: Quantization, excluded: list[str]) -> Converted:
    from onnxruntime.quantization import QuantType
    from onnxruntime.quantization.qdq_quantizer import QDQQuantizer
    from onnxruntime.quantization.registry import QDQRegistry, QLinearOpsRegistry

    dtypes = {"uint8": QuantType.QUInt8, "int8": QuantType.QInt8}
    quantizer = QDQQuantizer(
        _with_shapes(model),
        per_channel=settings.per_channel,
        reduce_range=False,
        weight_qType=QuantType[f"QInt{precision.weights.bits}"],
        activation_qType=dtypes[settings.activations],
        tensors_range=_statistics(model, ranges),
        nodes_to_quantize=[],
        nodes_to_exclude=excluded,
        op_types_to_quantize=list({*QDQRegistry, *QLinearOpsRegistry}),
        extra_options={},
    )
    quantizer.quantize_model()
    quantizer.model.topological_sort()
    quantized = quantizer.model.model
    score_range = ranges.get(quantized.graph.output[0].name, (0.0, 1.0))
    io_dtype = precision.choose_io(settings.io)
    io = None if io_dtype == "float32" else integer_io(quantized, io_dtype, score_range)
    run_passes(after_quantizing(in_float=excluded, io=io), quantized)
    converted = describe(checked(quantized), io)
    left = {node.op_type for node in model.graph.node if node.name in excluded and not row_of(node.op_type).is_layout}
    return replace(converted, float_operations=tuple(sorted({*converted.float_operations, *left})))


def _with_shapes(model: Any) -> Any:
    """Return a copy with the types of all tensors, which the quantizer needs."""
    import onnx

    return onnx.shape_inference.infer_shapes(model)


def _statistics(model: Any, ranges: Ranges) -> Any:
    """Return the ranges in the quantizer's form; pixels keep theirs until something is computed from them."""
    from onnxruntime.quantization.calibrate import CalibrationMethod, TensorsData

    ranges_of = dict(ranges)
    tail, name = layout_tail(model), model.graph.input[0].name
    ranges_of[name] = ranges_of[tail] = PIXELS
    for node in model.graph.node:
        if name == tail:
            break
        if name in node.input:
            name = node.output[0]
            ranges_of[name] = PIXELS
    data = {name: (np.array(low, np.float32), np.array(high, np.float32)) for name, (low, high) in ranges_of.items()}
    return TensorsData(CalibrationMethod.MinMax, data)
