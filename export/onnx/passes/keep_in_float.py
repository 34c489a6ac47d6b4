"""Keeping ONNX Runtime from quantizing what was left in float on purpose."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from edgecnn.export.onnx.graph import arrays_of

QUANTIZED_ON_LOADING = ("Conv", "ConvTranspose", "Gemm")


def keep_in_float(model: Any, names: Collection[str]) -> bool:
    """Negate the weights of some nodes, and what they make of them.

    Where a convolution with float weights stands between a DequantizeLinear and a QuantizeLinear, ONNX Runtime takes
    that for an oversight and quantizes the weights when it loads the file, per tensor even (its optimizer
    `WeightBiasQuantization`). A Neg in between is exact, and no optimizer looks past it.

    Args:
        model: a QDQ graph, changed in place.
        names: of the nodes; those of other kinds are left as they are.
    """
    from onnx import helper, numpy_helper

    graph, changed = model.graph, False
    constants = arrays_of(graph) if names else {}
    for node in [each for each in graph.node if each.name in names and each.op_type in QUANTIZED_ON_LOADING]:
        parameters = [(place, name) for place, name in enumerate(node.input) if place and name]
        if any(name not in constants for _, name in parameters):
            continue
        for place, name in parameters:
            node.input[place] = f"{node.name}_negated_{place}"
            negated = numpy_helper.from_array(-constants[name], node.input[place])
            graph.initializer.append(negated)
        result = str(node.output[0])
        node.output[0] = f"{result}_negated"
        back = helper.make_node("Neg", [node.output[0]], [result], name=f"{node.name}_negated_back")
        graph.node.insert(list(graph.node).index(node) + 1, back)
        changed = True
    return changed
