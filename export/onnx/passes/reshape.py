"""Join consecutive reshapes into one, and drop those that change nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgecnn.export.onnx.graph import add_array, maker_of, rename_tensors, shapes_of, sole_taker_of

_RESHAPING = ("Reshape", "Squeeze", "Unsqueeze", "Flatten")


def join_reshapes(model: Any) -> bool:
    """Leave at most one Reshape of each run of reshapes between fixed shapes.

    Expects inferred shapes. tf2onnx leaves such runs around an average over the image, as in squeeze-and-excitation.
    """
    from onnx import helper

    graph, changed = model.graph, False
    shapes, ends = shapes_of(graph), {output.name for output in graph.output}
    for node in list(graph.node):
        if node.op_type not in _RESHAPING or not shapes.get(node.output[0]):
            continue
        before = maker_of(graph, node.input[0])
        if before is not None and before.op_type in _RESHAPING and sole_taker_of(graph, node.input[0]) is node:
            target = add_array(graph, f"{node.name}/shape", np.array(shapes[node.output[0]], np.int64))
            joined = helper.make_node("Reshape", [before.input[0], target], node.output, node.name)
            graph.node.insert(list(graph.node).index(node), joined)
            graph.node.remove(before)
            graph.node.remove(node)
            node = joined  # noqa: PLW2901
            changed = True
        if shapes.get(node.input[0]) == shapes[node.output[0]] and node.output[0] not in ends:
            graph.node.remove(node)
            rename_tensors(graph, {node.output[0]: node.input[0]})
            changed = True
    return changed
