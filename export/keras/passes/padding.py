"""Fold zero padding into the convolution after it."""

from __future__ import annotations

from edgecnn.export.keras.graph import TensorFlowGraph, attribute
from edgecnn.export.keras.linear import same_padding, weights_of, zero_padding


def fold_padding(graph: TensorFlowGraph) -> bool:
    """Replace zero padding before a convolution by padding SAME where both are equal.

    An example is MobileNet's `ZeroPadding2D(((0, 1), (0, 1)))` before a 3×3 convolution of stride 2.
    """
    changed = False
    for node in graph.in_order():
        if weights_of(graph, node) is None or attribute(node, "padding").s != b"VALID":
            continue
        pad = graph.nodes.get(node.input[0])
        zeros = None if pad is None else zero_padding(graph, pad)
        unpadded = None if pad is None else graph.shape(pad.input[0])
        if (
            pad is not None
            and zeros is not None
            and unpadded is not None
            and same_padding(graph, node, unpadded) == zeros
        ):
            node.input[0] = pad.input[0]
            node.attr["padding"].s = b"SAME"
            changed = True
    return changed
