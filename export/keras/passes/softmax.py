"""Drop the softmax at the end of a classifier."""

from __future__ import annotations

from edgecnn.export.keras.graph import TensorFlowGraph


def drop_last_softmax(graph: TensorFlowGraph) -> bool:
    """Make the graph return logits instead of probabilities; return whether it ended in a softmax.

    Reshapes may follow the softmax if they keep the classes in the last axis.
    """
    node = graph.nodes[graph.nodes[graph.output].input[0]]
    classes = (graph.shape(graph.output) or (0,))[-1]
    while node.op in ("Reshape", "Squeeze") and (graph.shape(node.input[0]) or (0,))[-1] == classes:
        node = graph.nodes[node.input[0]]
    if node.op != "Softmax" or len(graph.consumers()[node.name]) != 1:
        return False
    graph.redirect(node.name, node.input[0])
    return True
