"""Turn each dense layer into one ONNX operation."""

from __future__ import annotations

from typing import Any

from edgecnn.export.onnx.graph import array_of, shapes_of, sole_taker_of


def make_gemm(model: Any) -> bool:
    """Turn MatMul with constant weights, (in, out), and Add of a constant, (out,), into Gemm.

    Expects inferred shapes. In int8, Gemm takes its bias in 32 bits, while the Add would be a separate kernel with
    its own scale.
    """
    from onnx import helper

    graph = model.graph
    shapes, changed = shapes_of(graph), False
    for node in list(graph.node):
        weights: Any = array_of(graph, node.input[1]) if node.op_type == "MatMul" else None
        added = sole_taker_of(graph, node.output[0]) if weights is not None and weights.ndim == 2 else None
        if added is None or added.op_type != "Add" or len(shapes.get(node.input[0], ())) != 2:
            continue
        bias = next(name for name in added.input if name != node.output[0])
        values = array_of(graph, bias)
        if values is None or values.shape != weights.shape[1:]:
            continue
        gemm = helper.make_node("Gemm", [*node.input, bias], added.output, node.name)
        graph.node.insert(list(graph.node).index(node), gemm)
        graph.node.remove(node)
        graph.node.remove(added)
        changed = True
    return changed
