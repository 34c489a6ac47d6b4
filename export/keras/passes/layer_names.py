"""Nodes are named after the Keras layers that they came from."""

from __future__ import annotations

from edgecnn.export.keras.graph import TensorFlowGraph, free_name
from edgecnn.models.layers import Layers


def name_after_layers(graph: TensorFlowGraph, layers: Layers) -> int:
    """Name each node "layer/…", or "model/layer/…" for a layer of a nested model; return how many were renamed.

    Args:
        graph: whose nodes lie in the scopes that Keras opened while it was traced.
        layers: of the model. Nodes of none of them keep their names.
    """
    taken = {graph.input, graph.output}
    renamed: dict[str, str] = {}
    for name in graph.nodes:
        if name in (graph.input, graph.output):
            continue
        layer = layers.find_traced(name)
        renamed[name] = free_name(name if layer is None else f"{layer}/{name.rpartition('/')[2]}", taken)
        taken.add(renamed[name])
    graph.rename(renamed)
    return sum(old != new for old, new in renamed.items())
