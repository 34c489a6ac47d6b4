"""TFLite's built-in operations, and the oldest TensorFlow Lite that has each version of them.

Sources: numbers and names are `BuiltinOperator` of TFLite's schema.fbs. Versions are those of
`FindMinimumRuntimeVersionForOp` in tflite/tools/versioning/runtime_version.cc of LiteRT 2, which the converters write
into a file as `min_runtime_version`. Compared with tflite-runtime 2.14.0 itself, by giving it a file of one operation
code for each operation and version: it accepts exactly those that are here with 2.14 or less. Which version has which
numbers is what the converter of TensorFlow 2.21 wrote for models of one operation each.
"""

from __future__ import annotations

from dataclasses import replace

from edgecnn.inspection.macs import batch_matmul, convolution, kernel_sizes, transposed
from edgecnn.inspection.operation_row import OperationRow

CUSTOM = "CUSTOM"
TFLITE_RUNTIME = "2.14.0"
"""The last release of tflite-runtime, which 32-bit Raspberry Pi OS still has to use."""

# One line for each number from 0: the name, then the oldest TensorFlow Lite with version 1, 2, ... of the operation.
# "-" is a version that was withdrawn; operations without any are in the schema and in no interpreter. A word behind the
# colon says what numbers the version is for: "hybrid" is float activations with int8 weights.
_TABLE = """\
ADD 1.5 1.14:int8 2.4 2.6 2.13
AVERAGE_POOL_2D 1.5 1.14:int8 2.3
CONCATENATION 1.5 1.14:int8 2.3 2.14
CONV_2D 1.5 1.14 1.14:int8 2.3 2.4:hybrid 2.9 2.11 2.15
DEPTHWISE_CONV_2D 1.5 1.12 1.14:int8 2.2 2.3 2.3:hybrid 2.11
DEPTH_TO_SPACE 2.1 2.5
DEQUANTIZE 1.13.1 1.14:int8 1.15:float16 2.2 2.7 2.18
EMBEDDING_LOOKUP 1.13 1.14 1.14 2.18
FLOOR 1.9
FULLY_CONNECTED 1.5 1.10 1.14 1.14:int8 2.0 2.1 2.3 2.3 2.3 2.11 2.15 2.17:hybrid 2.18
HASHTABLE_LOOKUP 1.5
L2_NORMALIZATION 1.5 1.14
L2_POOL_2D 1.5
LOCAL_RESPONSE_NORMALIZATION 1.5
LOGISTIC 1.14 1.14:int8 2.3
LSH_PROJECTION 1.5
LSTM 1.7 1.10 1.14 2.3
MAX_POOL_2D 1.5 1.14:int8 2.3
MUL 1.5 1.14:int8 1.15 2.3 2.6 2.11 2.13
RELU 1.5 2.1 2.5
RELU_N1_TO_1 1.5
RELU6 1.5 1.14:int8 2.5
RESHAPE 1.5
RESIZE_BILINEAR 1.7 1.14 2.2:int8 2.5
RNN 1.5 1.14 2.3
SOFTMAX 1.5 1.14:int8 2.3
SPACE_TO_DEPTH 1.5 1.14
SVDF 1.5 1.14 2.2 2.3
TANH 1.14 1.14:int8 2.3
CONCAT_EMBEDDINGS
SKIP_GRAM 1.5
CALL
CUSTOM
EMBEDDING_LOOKUP_SPARSE 1.5
PAD 1.5 1.14:int8 2.4 2.6
UNIDIRECTIONAL_SEQUENCE_RNN 1.14 1.14 2.3
GATHER 1.6 1.14 1.15 2.4 2.5 2.13 2.15
BATCH_TO_SPACE_ND 1.6 1.14 2.3 2.12
SPACE_TO_BATCH_ND 1.6 1.14 2.3 2.12
TRANSPOSE 1.6 1.14:int8 1.15 2.3 2.4 2.12 2.14.4
MEAN 1.6 1.14:int8 2.4
SUB 1.6 1.14:int8 2.3 2.4 2.4
DIV 1.6 2.3
SQUEEZE 1.6 2.5
UNIDIRECTIONAL_SEQUENCE_LSTM 1.13.1 1.14 2.3 2.12
STRIDED_SLICE 1.6 1.14:int8 2.1 2.2 2.5 2.6 2.14 2.14
BIDIRECTIONAL_SEQUENCE_RNN 1.14 1.14 2.3
EXP 1.7 2.12:int8
TOPK_V2 1.7 1.14 2.13
SPLIT 1.5 1.14:int8 1.14 2.3
LOG_SOFTMAX 1.14 1.14
DELEGATE
BIDIRECTIONAL_SEQUENCE_LSTM 1.14 1.14 1.14
CAST 1.5 2.7 2.8 2.9 2.12 2.15 2.17
PRELU 1.8
MAXIMUM 1.14 1.14:int8 2.3 2.3
ARG_MAX 1.9 1.14 2.9
MINIMUM 1.14 1.14:int8 2.3 2.3
LESS 1.14 1.14 2.13
NEG 1.9
PADV2 1.9 1.14 2.4 2.6
GREATER 1.14 1.14
GREATER_EQUAL 1.14 1.14 2.13
LESS_EQUAL 1.14 1.14
SELECT 1.14 1.14 2.12 2.12
SLICE 1.14 1.14 1.14 2.4 2.5 2.14
SIN 1.9
TRANSPOSE_CONV 1.9 2.2:int8 2.3:int16 2.13 2.15
SPARSE_TO_DENSE 1.9 1.14 1.15
TILE 1.10.1 2.2 2.8:int8
EXPAND_DIMS 1.10
EQUAL 1.14 1.14 2.3 2.13
NOT_EQUAL 1.14 1.14 2.3
LOG 1.14 2.15
SUM 1.10 1.15:int8
SQRT 1.10
RSQRT 1.10 2.5:int8 2.15
SHAPE 1.10
POW 1.10
ARG_MIN 1.9 1.14 2.9
FAKE_QUANT 1.5 1.10
REDUCE_PROD 1.11 2.6
REDUCE_MAX 1.11 1.14:int8 2.5
PACK 1.11 1.14 2.3 2.13
LOGICAL_OR 1.11
ONE_HOT 1.11
LOGICAL_AND 1.11
LOGICAL_NOT 1.11
UNPACK 1.11 1.14 2.2 2.3
REDUCE_MIN 1.11 1.14 2.5
FLOOR_DIV 1.14 1.14 2.13
REDUCE_ANY 1.11
SQUARE 1.12
ZEROS_LIKE 1.12
FILL 1.13 2.3 2.5 2.12
FLOOR_MOD 1.13 2.13
RANGE 1.13 2.14
RESIZE_NEAREST_NEIGHBOR 1.13.1 1.14 2.3 2.4
LEAKY_RELU 1.13.1 2.3:int16
SQUARED_DIFFERENCE 1.13.1 2.5:int8
MIRROR_PAD 1.13.1 2.3 2.12
ABS 1.13 2.4:int8 2.5 2.6 2.12
SPLIT_V 1.13.1 2.3
UNIQUE 1.14
CEIL 1.14
REVERSE_V2 1.14 2.2 2.5
ADD_N 1.14
GATHER_ND 1.14 2.3 2.5 2.13 2.16
COS 1.14
WHERE 1.14 2.8
RANK 1.14
ELU 1.14
REVERSE_SEQUENCE 1.14
MATRIX_DIAG 1.14
QUANTIZE 1.14 1.15:int16 2.7
MATRIX_SET_DIAG 1.14
ROUND 1.14
HARD_SWISH 1.15
IF 1.15
WHILE 1.15
NON_MAX_SUPPRESSION_V4 2.1
NON_MAX_SUPPRESSION_V5 2.1
SCATTER_ND 2.1
SELECT_V2 2.2 2.12
DENSIFY 2.2
SEGMENT_SUM 2.2
BATCH_MATMUL 2.3 2.3 2.4 2.5
PLACEHOLDER_FOR_GREATER_OP_CODES
CUMSUM 2.4
CALL_ONCE 2.5
BROADCAST_TO - 2.5 2.5
RFFT2D 2.5
CONV_3D 2.5
IMAG 2.5
REAL 2.5
COMPLEX_ABS 2.5
HASHTABLE 2.5
HASHTABLE_FIND 2.5
HASHTABLE_IMPORT 2.5
HASHTABLE_SIZE 2.5
REDUCE_ALL 2.6
CONV_3D_TRANSPOSE 2.6
VAR_HANDLE 2.6
READ_VARIABLE 2.6
ASSIGN_VARIABLE 2.6
BROADCAST_ARGS 2.6
RANDOM_STANDARD_NORMAL 2.8
BUCKETIZE 2.8
RANDOM_UNIFORM 2.8
MULTINOMIAL 2.8
GELU 2.9 2.9:int8
DYNAMIC_UPDATE_SLICE 2.9 2.17 2.19 2.20
RELU_0_TO_1 2.10
UNSORTED_SEGMENT_PROD 2.10
UNSORTED_SEGMENT_MAX 2.10
UNSORTED_SEGMENT_SUM 2.10
ATAN2 2.10
UNSORTED_SEGMENT_MIN 2.11
SIGN 2.11 2.12
BITCAST 2.13
BITWISE_XOR 2.13
RIGHT_SHIFT 2.13
STABLEHLO_LOGISTIC
STABLEHLO_ADD 2.16
STABLEHLO_DIVIDE
STABLEHLO_MULTIPLY 2.16
STABLEHLO_MAXIMUM 2.16
STABLEHLO_RESHAPE
STABLEHLO_CLAMP
STABLEHLO_CONCATENATE
STABLEHLO_BROADCAST_IN_DIM
STABLEHLO_CONVOLUTION
STABLEHLO_SLICE
STABLEHLO_CUSTOM_CALL
STABLEHLO_REDUCE
STABLEHLO_ABS
STABLEHLO_AND 2.17
STABLEHLO_COSINE
STABLEHLO_EXPONENTIAL
STABLEHLO_FLOOR
STABLEHLO_LOG
STABLEHLO_MINIMUM 2.16
STABLEHLO_NEGATE
STABLEHLO_OR
STABLEHLO_POWER
STABLEHLO_REMAINDER
STABLEHLO_RSQRT
STABLEHLO_SELECT
STABLEHLO_SUBTRACT
STABLEHLO_TANH
STABLEHLO_SCATTER 2.15
STABLEHLO_COMPARE
STABLEHLO_CONVERT
STABLEHLO_DYNAMIC_SLICE
STABLEHLO_DYNAMIC_UPDATE_SLICE
STABLEHLO_PAD 2.16
STABLEHLO_IOTA
STABLEHLO_DOT_GENERAL
STABLEHLO_REDUCE_WINDOW 2.16
STABLEHLO_SORT
STABLEHLO_WHILE
STABLEHLO_GATHER 2.16
STABLEHLO_TRANSPOSE
DILATE 2.15
STABLEHLO_RNG_BIT_GENERATOR 2.15
REDUCE_WINDOW 2.15
STABLEHLO_COMPOSITE 2.17
STABLEHLO_SHIFT_LEFT 2.17
STABLEHLO_CBRT 2.17
STABLEHLO_CASE 2.17
"""


_KEEPS_RANGE = OperationRow(keeps_range=True)
_CONVERSION = OperationRow(is_conversion=True)
_COMPUTES = {
    "CONV_2D": OperationRow(convolution(1)),
    "DEPTHWISE_CONV_2D": OperationRow(kernel_sizes(slice(1, 3))),
    "TRANSPOSE_CONV": OperationRow(transposed(2, 1, slice(0, 3))),
    "CONV_3D": OperationRow(kernel_sizes(slice(0, 4))),
    "CONV_3D_TRANSPOSE": OperationRow(transposed(2, 1, slice(0, 4))),
    "FULLY_CONNECTED": OperationRow(kernel_sizes(slice(-1, None))),
    "BATCH_MATMUL": OperationRow(batch_matmul),
    "CAST": _CONVERSION,
    **dict.fromkeys(("QUANTIZE", "DEQUANTIZE"), OperationRow(keeps_range=True, is_conversion=True)),
    **dict.fromkeys(
        (
            "MAX_POOL_2D", "RESHAPE", "TRANSPOSE", "PAD", "PADV2", "MIRROR_PAD", "SLICE", "STRIDED_SLICE",
            "CONCATENATION", "RELU", "RELU6", "LEAKY_RELU", "SQUEEZE", "EXPAND_DIMS", "REDUCE_MAX", "SPLIT", "PACK",
            "UNPACK", "RESIZE_NEAREST_NEIGHBOR", "SPACE_TO_DEPTH", "DEPTH_TO_SPACE",
        ),
        _KEEPS_RANGE,
    ),
}  # fmt: skip


def _row(name: str, cells: list[str]) -> OperationRow:
    parts = [cell.partition(":") for cell in cells]
    versions = {numbers: version for version, (_, _, numbers) in enumerate(parts, 1) if numbers}
    computes = _COMPUTES.get(name, OperationRow())
    return replace(computes, runtimes=tuple(runtime for runtime, _, _ in parts), versions=versions)


OPERATIONS = {name: _row(name, cells) for name, *cells in map(str.split, _TABLE.splitlines())}
"""By name, in the order of their numbers."""
_NAMES = tuple(OPERATIONS)


def operation_name(code: int) -> str:
    """Return the name of a built-in operation; one newer than the table is named by its number."""
    return _NAMES[code] if 0 <= code < len(_NAMES) else f"BUILTIN_{code}"


def oldest_runtime(name: str, version: int) -> str | None:
    """Return the oldest TensorFlow Lite that has this version of an operation; None where the table does not say."""
    known = OPERATIONS[name].runtimes if name in OPERATIONS else ()
    return known[version - 1] if 0 < version <= len(known) and known[version - 1] != "-" else None


def version_for(name: str, numbers: str) -> int | None:
    """Return the version of an operation that came for such numbers; None where all versions before it have them."""
    return OPERATIONS[name].versions.get(numbers) if name in OPERATIONS else None
