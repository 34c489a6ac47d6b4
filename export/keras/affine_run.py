"""Runs of nodes that only scale, shift or reorder channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edgecnn.export.keras.channel_affine import ChannelAffine, affine_of, identity
from edgecnn.export.keras.graph import TensorFlowGraph, attribute, node_name
from edgecnn.export.keras.linear import weights_of, zero_padding

_AVERAGES = ("AvgPool", "Mean")
_MAXIMA = ("MaxPool", "Max")


@dataclass(frozen=True, slots=True)
class AffineRun:
    """Nodes with one consumer each, and their combined effect.

    Attributes:
        source: the input of the first node.
        nodes: in the order of the data flow.
        affine: their combined effect, as seen by the layer to fold them into.
        is_padded: whether the image is padded with zeros between the nodes and that layer.
    """

    source: str
    nodes: tuple[Any, ...]
    affine: ChannelAffine
    is_padded: bool = False

    def bypass(self, graph: TensorFlowGraph, by: str | None = None) -> None:
        """Connect the consumers of the nodes to the inputs of the nodes; for the first node, to `by` if it is given."""
        for number, node in enumerate(self.nodes):
            source = affine_of(graph, node)
            assert source is not None
            graph.redirect(node.name, by if by and number == 0 else source[0])
            del graph.nodes[node.name]


def run_from(graph: TensorFlowGraph, node: Any) -> AffineRun | None:
    """Return the run of adjacent nodes that starts here and reorders nothing; None if this node starts none."""
    consumers = graph.consumers()
    source, affine, nodes = "", None, []
    while (step := affine_of(graph, node)) and step[1].keeps_order:
        source, affine = (source, step[1].after(affine)) if affine else step
        nodes.append(node)
        if len(takers := consumers[node.name]) != 1:
            break
        node = takers[0]
    return AffineRun(source, tuple(nodes), affine) if affine else None


def run_after(graph: TensorFlowGraph, node: Any) -> AffineRun | None:
    """Return the nodes after a layer that can be folded into it, also those after pools; None if there are none."""
    consumers = graph.consumers()
    name, affine, nodes = node.name, identity((graph.shape(node.name) or (0,))[-1]), []
    has_maximum = False
    while len(takers := consumers[name]) == 1:
        following = takers[0]
        step = affine_of(graph, following)
        if step and step[1].keeps_order and not (has_maximum and (step[1].scale <= 0).any()):
            affine = step[1].after(affine)
            nodes.append(following)
        elif _is_pool(graph, following):
            has_maximum |= following.op in _MAXIMA
        else:
            break
        name = following.name
    return AffineRun(node.name, tuple(nodes), affine) if nodes else None


def run_before(graph: TensorFlowGraph, node: Any) -> AffineRun | None:
    """Return the nodes before a layer that can be folded into it, also those before pools, padding and Flatten.

    None if there are none.
    """
    consumers = graph.consumers()
    name, nodes = node.input[0], []
    affine = identity((graph.shape(name) or (0,))[-1])
    repeats, has_maximum, is_padded, source = 1, False, False, name
    while len(consumers[name]) == 1 and name in graph.nodes:
        producer = graph.nodes[name]
        step = None if _is_bias(graph, producer) else affine_of(graph, producer)
        if step and not (has_maximum and (step[1].scale <= 0).any()):
            affine = affine.after(step[1].repeated(repeats))
            nodes.append(producer)
            name = source = step[0]
            continue
        if _is_pool(graph, producer):
            has_maximum |= producer.op in _MAXIMA
        elif times := _pixels_in_a_row(graph, producer):
            repeats *= times
        elif zero_padding(graph, producer):
            is_padded = True
        else:
            break
        name = producer.input[0]
    return AffineRun(source, tuple(reversed(nodes)), affine, is_padded) if nodes else None


def _is_bias(graph: TensorFlowGraph, node: Any) -> bool:
    """Whether a node is the bias of another layer, where it costs nothing."""
    return node.op == "BiasAdd" and weights_of(graph, graph.nodes[node_name(node.input[0])]) is not None


def _is_pool(graph: TensorFlowGraph, node: Any) -> bool:
    """Whether a node averages or maximizes over height and width, separately for each channel.

    Averages with padding SAME do not count the padding, so they preserve an offset.
    """
    if node.op in ("AvgPool", "MaxPool"):
        return bool(attribute(node, "data_format").s != b"NCHW" and attribute(node, "ksize").list.i[3] == 1)
    if node.op not in ("Mean", "Max"):
        return False
    axes, shape = graph.constant(node.input[1]), graph.shape(node.input[0])
    return axes is not None and shape is not None and len(shape) == 4 and set((axes.ravel() % 4).tolist()) == {1, 2}


def _pixels_in_a_row(graph: TensorFlowGraph, node: Any) -> int:
    """Return how many pixels a reshape puts side by side in the last axis; 0 if it does anything else."""
    before, after = (graph.shape(name) for name in (node.input[0], node.name)) if node.input else (None, None)
    if node.op not in ("Reshape", "Squeeze", "ExpandDims") or not before or not after or after[-1] % before[-1]:
        return 0
    return after[-1] // before[-1]
