"""A model as another tool exports it, and what it computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from edgecnn.feeding import parse_scale

LABELS = ("cat", "dog", "crane", "crane", "bird")
IMAGES = np.random.default_rng(7).integers(0, 256, (6, 8, 9, 3), np.uint8)
_GENERATOR = np.random.default_rng(0)
KERNEL = _GENERATOR.normal(0, 0.3, (4, 3, 3, 3)).astype(np.float32)
DENSE = _GENERATOR.normal(0, 1, (4, 5)).astype(np.float32)
Shape = list[int | str]


def save_onnx(path: Path, image_shape: Shape, score_shape: Shape, *, softmax: bool = False, **changes: Any) -> Path:
    """Write a classifier as PyTorch exports it, or with an NHWC input: convolution, mean, dense layer."""
    import onnx

    helper, kind = onnx.helper, onnx.TensorProto
    nodes = [helper.make_node("Transpose", ["x"], ["first"], perm=[0, 3, 1, 2])] if image_shape[-1] == 3 else []
    nodes += [
        helper.make_node("Conv", ["first" if nodes else "x", "kernel"], ["mapped"]),
        helper.make_node("GlobalAveragePool", ["mapped"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "dense"], ["logits" if softmax else "y"]),
        *([helper.make_node("Softmax", ["logits"], ["y"])] if softmax else []),
    ]
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "foreign",
        [info("x", changes.get("dtype", kind.FLOAT), image_shape), *changes.get("more_inputs", ())],
        [info("y", kind.FLOAT, score_shape)],
        [onnx.numpy_helper.from_array(KERNEL, "kernel"), onnx.numpy_helper.from_array(DENSE, "dense")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if "labels" in changes:
        helper.set_model_props(model, {"names": repr(dict(enumerate(changes["labels"])))})
    onnx.save(model, path)
    return path


def logits_by_numpy(scale: str) -> np.ndarray:
    """Return what the classifier gives for IMAGES."""
    scales, offsets = (np.array(numbers) for numbers in parse_scale(scale))
    fed = IMAGES * scales + offsets
    windows = np.lib.stride_tricks.sliding_window_view(fed, (3, 3), axis=(1, 2))
    return np.asarray(np.einsum("nhwcyx,kcyx->nhwk", windows, KERNEL).mean((1, 2)) @ DENSE)
