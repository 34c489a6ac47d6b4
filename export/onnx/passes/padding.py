"""Fold zero padding into the attributes of the ONNX convolution after it."""

from __future__ import annotations

from typing import Any

from edgecnn.export.onnx.graph import array_of, attributes_of, maker_of, sole_taker_of


def fold_padding(model: Any) -> bool:
    """Remove a Pad with zeros before a Conv that has explicit pads or none."""
    from onnx import helper

    graph, changed = model.graph, False
    for node in list(graph.node):
        pad = maker_of(graph, node.input[0]) if node.op_type == "Conv" else None
        if pad is None or pad.op_type != "Pad" or sole_taker_of(graph, pad.output[0]) is not node:
            continue
        zeros, known = _zeros_around_image(graph, pad), attributes_of(node)
        if zeros is None or known.get("auto_pad", b"NOTSET") != b"NOTSET":
            continue
        together = [old + new for old, new in zip(known.get("pads", [0] * 4), zeros, strict=True)]
        kept = [attribute for attribute in node.attribute if attribute.name != "pads"]
        del node.attribute[:]
        node.attribute.extend([*kept, helper.make_attribute("pads", together)])
        node.input[0] = pad.input[0]
        graph.node.remove(pad)
        changed = True
    return changed


def _zeros_around_image(graph: Any, pad: Any) -> list[int] | None:
    """Return the zeros that a Pad of NCHW adds at top, left, bottom and right; None if it does anything else."""
    if attributes_of(pad).get("mode", b"constant") != b"constant" or len(pad.input) > 3:
        return None
    widths = array_of(graph, pad.input[1])
    value = array_of(graph, pad.input[2]) if len(pad.input) == 3 and pad.input[2] else 0
    if widths is None or value is None or value != 0 or widths.size != 8 or widths[[0, 1, 4, 5]].any():
        return None
    return [int(width) for width in widths[[2, 3, 6, 7]]] if (widths >= 0).all() else None
