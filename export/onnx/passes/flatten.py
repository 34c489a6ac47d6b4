"""Remove the transpose of a Flatten of NHWC pixels before a dense layer by reordering the layer's weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgecnn.export.onnx.graph import add_array, array_of, attributes_of, shapes_of, sole_taker_of

_TO_NHWC = [0, 2, 3, 1]
_ELEMENTWISE = ("Relu", "LeakyRelu", "Elu", "Selu", "Sigmoid", "Tanh", "HardSigmoid", "Softplus", "Clip")


def fold_flatten(model: Any) -> bool:
    """Remove the Transpose from Transpose → Reshape → [activation] → dense layer.

    Expects inferred shapes, and weights (in, out) as in Keras. They are reordered to the order of flattened NCHW.
    """
    graph = model.graph
    shapes, changed = shapes_of(graph), False
    for transpose in list(graph.node):
        if transpose.op_type != "Transpose" or attributes_of(transpose).get("perm") != _TO_NHWC:
            continue
        shape = shapes.get(transpose.output[0])
        reshape = sole_taker_of(graph, transpose.output[0])
        if shape is None or reshape is None or reshape.op_type not in ("Reshape", "Flatten"):
            continue
        dense = sole_taker_of(graph, reshape.output[0])
        while dense is not None and dense.op_type in _ELEMENTWISE:
            dense = sole_taker_of(graph, dense.output[0])
        weights = array_of(graph, dense.input[1]) if dense is not None and dense.op_type in ("Gemm", "MatMul") else None
        size = int(np.prod(shape))
        if weights is None or shapes.get(reshape.output[0]) != (1, size) or weights.shape[0] != size:
            continue
        order = np.arange(size).reshape(shape[1:]).transpose(2, 0, 1).ravel()
        dense.input[1] = add_array(
            graph, f"{dense.input[1].removesuffix(':0')}_nchw", np.ascontiguousarray(weights[order])
        )
        reshape.input[0] = transpose.input[0]
        graph.node.remove(transpose)
        changed = True
    return changed
