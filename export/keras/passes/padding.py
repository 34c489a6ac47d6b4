"""Zeros around an image go into the convolution that takes it."""

from __future__ import annotations

from typing import Any

from edgecnn.export.keras.graph import TensorFlowGraph, attribute
from edgecnn.export.keras.passes.linear import Padding, same_padding, weights_of


def zero_padding(graph: TensorFlowGraph, node: Any) -> Padding | None:
    """Return how many zeros a node puts around height and width; None if it does anything else."""
    if node.op not in ("Pad", "PadV2"):
        return None
    widths = graph.constant(node.input[1])
    value = graph.constant(node.input[2]) if node.op == "PadV2" else 0
    if widths is None or value is None or value != 0 or widths.shape != (4, 2) or widths[[0, 3]].any():
        return None
    (top, bottom), (left, right) = widths[1:3].tolist()
    return (top, bottom), (left, right)


def fold_padding(graph: TensorFlowGraph) -> int:
    """Replace zero padding before a convolution by padding SAME where that is the same; return how often.

    As after `ZeroPadding2D(((0, 1), (0, 1)))` before a 3×3 convolution of stride 2, MobileNet's way.
    """
    folded = 0
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
            folded += 1
    return folded
