"""ONNX operations, and those that ONNX Runtime makes of them, that need special treatment."""

from __future__ import annotations

from edgecnn.inspection.macs import convolution, gemm, matrices, transposed
from edgecnn.inspection.operation_row import OperationRow

_LAYOUT = OperationRow(keeps_range=True, is_layout=True)
_KEEPS_RANGE = OperationRow(keeps_range=True)
_CONVERSION = OperationRow(is_conversion=True)
_FUSED = OperationRow(is_fused=True)

OPERATIONS = {
    "Conv": OperationRow(convolution(1)),
    "FusedConv": OperationRow(convolution(1)),
    "ConvInteger": OperationRow(convolution(1), parameters=(0, 1), is_dynamic=True),
    "QLinearConv": OperationRow(convolution(3), parameters=(3, 8)),
    "ConvTranspose": OperationRow(transposed(0, 1, slice(1, None))),
    "Gemm": OperationRow(gemm),
    "QGemm": OperationRow(gemm, parameters=(0, 3, 6)),
    "MatMul": OperationRow(matrices(0)),
    "MatMulInteger": OperationRow(matrices(0), parameters=(0, 1), is_dynamic=True),
    "QLinearMatMul": OperationRow(matrices(0), parameters=(0, 3)),
    "DynamicQuantizeMatMul": OperationRow(is_fused=True, is_dynamic=True),
    "MatMulIntegerToFloat": OperationRow(is_fused=True, is_dynamic=True),
    **dict.fromkeys(("FusedGemm", "FusedMatMul", "NhwcFusedConv", "QLinearConvTranspose"), _FUSED),
    **dict.fromkeys(("QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "Cast"), _CONVERSION),
    **dict.fromkeys(("Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity"), _LAYOUT),
    **dict.fromkeys(
        (
            "MaxPool", "GlobalMaxPool", "ReduceMax", "Pad", "Slice", "Concat", "Split", "Relu", "LeakyRelu", "PRelu",
            "Clip", "DepthToSpace", "SpaceToDepth", "Resize",
        ),
        _KEEPS_RANGE,
    ),
}  # fmt: skip
"""By name; an operation that is not here is an `OperationRow()`."""
