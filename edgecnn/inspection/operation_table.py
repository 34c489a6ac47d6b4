"""The rows of both formats: TFLite's names are in capitals, ONNX's are not."""

from __future__ import annotations

from edgecnn.inspection import onnx_operations, tflite_operations
from edgecnn.inspection.operation_row import OperationRow

_ROWS = tflite_operations.OPERATIONS | onnx_operations.OPERATIONS
_NOTHING_KNOWN = OperationRow()


def row_of(kind: str) -> OperationRow:
    """Return the row of a kind of operation, by its name in either format."""
    return _ROWS.get(kind, _NOTHING_KNOWN)
