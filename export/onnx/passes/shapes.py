"""Store and drop the shapes of tensors, which passes and the quantizer read."""

from __future__ import annotations

from typing import Any


def infer_shapes(model: Any) -> bool:
    """Store the shapes and dtypes of all tensors in the model."""
    import onnx

    inferred = onnx.shape_inference.infer_shapes(model)
    changed = bool(inferred != model)
    model.CopyFrom(inferred)
    return changed


def forget_shapes(model: Any) -> bool:
    """Drop all stored shapes, including those of tensors that no longer exist."""
    changed = bool(model.graph.value_info)
    del model.graph.value_info[:]
    return changed
