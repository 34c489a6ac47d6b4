"""Name nodes after the Keras layers they came from."""

from __future__ import annotations

from edgecnn.export.keras.graph import TensorFlowGraph
from edgecnn.export.passes import free_name


def name_after_layers(graph: TensorFlowGraph) -> bool:
    """Name each node "layer/…", or "model/layer/…" in a nested model; nodes outside layers keep their names.

    Expects a graph whose nodes are in the scopes that Keras opened during tracing.
    """
    used = {graph.input, graph.output}
    renamed: dict[str, str] = {}
    for name in graph.nodes:
        if name in (graph.input, graph.output):
            continue
        layer = graph.layers.find_traced(name)
        renamed[name] = free_name(name if layer is None else f"{layer}/{name.rpartition('/')[2]}", used)
        used.add(renamed[name])
    graph.rename(renamed)
    return any(old != new for old, new in renamed.items())
