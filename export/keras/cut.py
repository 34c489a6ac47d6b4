"""Cut a frozen graph after one of its layers, to find the layer that crashes a converter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edgecnn.export.keras.freeze import INPUT_NAME, OUTPUT_NAME, function_of
from edgecnn.export.keras.graph import TensorFlowGraph, node_name
from edgecnn.models.layers import Layers


@dataclass(frozen=True, slots=True)
class LayerInGraph:
    """One Keras layer in a frozen graph.

    Attributes:
        name: of the layer.
        end: its last node.
        sources: the earlier layers that it reads from.
    """

    name: str
    end: str
    sources: tuple[str, ...]


def layers_in_graph(function: Any, layers: Layers) -> tuple[LayerInGraph, ...]:
    """Return the layers that compute something from the pixels, each after its sources.

    Args:
        function: frozen TensorFlow function (see `keras.freeze`).
        layers: of the Keras model.
    """
    graph = TensorFlowGraph(function.graph.as_graph_def(), INPUT_NAME, OUTPUT_NAME, layers)
    nearest: dict[str, set[str]] = {INPUT_NAME: set()}  # the layers from which a node's value comes
    ends: dict[str, str] = {}
    sources: dict[str, set[str]] = {}
    for node in graph.in_order():
        inputs = [name for name in map(node_name, node.input) if name in nearest]
        if not inputs:  # a constant, or the pixels themselves
            continue
        nearest[node.name] = {layer for name in inputs for layer in nearest[name]}
        if (layer := layers.find(node.name)) is not None:
            ends.pop(layer, None)  # a shared layer counts where it is called last
            ends[layer] = node.name
            sources.setdefault(layer, set()).update(nearest[node.name])
            nearest[node.name] = {layer}
    names = tuple(ends)
    return tuple(
        LayerInGraph(layer, end, tuple(name for name in names[:place] if name in sources[layer]))
        for place, (layer, end) in enumerate(ends.items())
    )


def cut_behind(function: Any, node: str) -> Any:
    """Return the function that ends at a node and computes nothing more."""
    return function_of(function.graph.as_graph_def(), node)
