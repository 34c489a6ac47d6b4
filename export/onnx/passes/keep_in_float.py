"""Keep ONNX Runtime from quantizing what was left in float on purpose."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from edgecnn.export.onnx.graph import arrays_of

QUANTIZED_ON_LOADING = ("Conv", "ConvTranspose", "Gemm")


def keep_in_float(model: Any, names: Collection[str]) -> bool:
    """Negate the weights and outputs of some nodes.

    ONNX Runtime treats a convolution with float weights between a DequantizeLinear and a QuantizeLinear as an oversight
    and quantizes its weights when it loads the file, even per tensor (its optimizer `WeightBiasQuantization`). A Neg in
    between is exact, and no optimizer looks past it.

    Args:
        model: a QDQ graph, changed in place.
        names: of the nodes; other kinds of nodes are not changed.
    """
    from onnx import helper, numpy_helper

    graph, changed = model.graph, False
    constants = arrays_of(graph) if names else {}
    for node in [node for node in graph.node if node.name in names and node.op_type in QUANTIZED_ON_LOADING]:
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
