"""Convolutions and dense layers with constant weights, into which channel scales and offsets can be folded."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgecnn.export.keras.channel_affine import ChannelAffine, Vector
from edgecnn.export.keras.graph import TensorFlowGraph, attribute

_LINEAR = ("Conv2D", "DepthwiseConv2dNative", "MatMul")

Padding = tuple[tuple[int, int], tuple[int, int]]
"""Zeros before and after height, and before and after width."""


def weights_of(graph: TensorFlowGraph, node: Any) -> Any:
    """Return the weights of a node, float32, if they are constant and laid out as in Keras; else None.

    Conv2D: (kh, kw, in, out), NHWC. DepthwiseConv2dNative: (kh, kw, channels, multiplier). MatMul: (in, out).
    """
    is_nchw, padding = attribute(node, "data_format").s == b"NCHW", attribute(node, "padding").s
    if node.op not in _LINEAR or is_nchw or padding == b"EXPLICIT":
        return None
    if attribute(node, "transpose_a").b or attribute(node, "transpose_b").b or graph.shape(node.name) is None:
        return None
    weights = graph.constant(node.input[1])
    return weights if weights is not None and weights.dtype == np.float32 else None


def bias_after(graph: TensorFlowGraph, node: Any) -> Any:
    """Return the BiasAdd with a constant that is the only consumer of a node; None if there is none."""
    takers = graph.consumers()[node.name]
    is_bias = len(takers) == 1 and takers[0].op == "BiasAdd" and graph.constant(takers[0].input[1]) is not None
    return takers[0] if is_bias else None


def put_weights(graph: TensorFlowGraph, node: Any, weights: Any, bias: Vector) -> None:
    """Give a node these weights and this bias, (out,), in constants of its own, since others may share the old ones."""
    layer = node.name.rpartition("/")[0] or node.name
    old = bias_after(graph, node)
    consumers = graph.consumers()
    for name in (node.input[1], *(old.input[1:] if old is not None else ())):
        if len(consumers[name]) == 1:
            del graph.nodes[name]
    node.input[1] = graph.add_constant(f"{layer}/weights", np.asarray(weights, np.float32))
    if old is None and not bias.any():
        return
    constant = graph.add_constant(f"{layer}/bias", np.asarray(bias, np.float32))
    if old is not None:
        old.input[1] = constant
        return
    added = graph.add_float_node("BiasAdd", f"{layer}/BiasAdd", [], graph.shape(node.name))
    graph.redirect(node.name, added)
    graph.nodes[added].input.extend([node.name, constant])


def scale_outputs(node: Any, weights: Any, scale: Vector) -> Any:
    """Return the weights whose outputs are `scale` times as large; `scale` is (out,), or (channels * multiplier,)."""
    if node.op == "DepthwiseConv2dNative":
        return weights * scale.reshape(weights.shape[2:])
    return weights * scale


def take_inputs(node: Any, weights: Any, affine: ChannelAffine) -> tuple[Any, Vector] | None:
    """Return the weights that take the inputs of `affine` instead of its outputs, and the bias that its offset adds.

    The bias, (out,), is exact where no zeros are padded. Return None if the channels cannot be told apart or reordered,
    as in a grouped or a depthwise convolution.
    """
    if node.op == "DepthwiseConv2dNative":
        if not affine.keeps_order:
            return None
        return weights * affine.scale[:, None], (weights * affine.offset[:, None]).sum((0, 1)).ravel()
    if weights.shape[-2] != len(affine.scale):
        return None
    scaled = np.empty(weights.shape)
    scaled[..., affine.order, :] = weights * affine.scale[:, None]
    return scaled, (weights * affine.offset[:, None]).sum(tuple(range(weights.ndim - 1)))


def pads_zeros(graph: TensorFlowGraph, node: Any) -> bool:
    """Whether any output of a convolution sees zeros beyond the edge of its input."""
    return node.op != "MatMul" and attribute(node, "padding").s != b"VALID" and any(map(any, same_padding(graph, node)))


def zero_padding(graph: TensorFlowGraph, node: Any) -> Padding | None:
    """Return how many zeros a node adds around height and width; None if it does anything else."""
    if node.op not in ("Pad", "PadV2"):
        return None
    widths = graph.constant(node.input[1])
    value = graph.constant(node.input[2]) if node.op == "PadV2" else 0
    if widths is None or value is None or value != 0 or widths.shape != (4, 2) or widths[[0, 3]].any():
        return None
    (top, bottom), (left, right) = widths[1:3].tolist()
    return (top, bottom), (left, right)


def same_padding(graph: TensorFlowGraph, node: Any, unpadded: tuple[int, ...] | None = None) -> Padding:
    """Return the zeros that padding SAME adds around the input of a convolution.

    Args:
        graph: the node's graph.
        node: a convolution.
        unpadded: shape of the input, (1, H, W, C); None uses that of the node's input.

    Source: TensorFlow's `tf.nn.convolution`: as many as the last window lacks, with the odd one at the end.
    """
    _, *sizes, _ = unpadded or graph.shape(node.input[0]) or (1, 1, 1, 1)
    kernel = (graph.shape(node.input[1]) or (1, 1))[:2]
    strides, dilations = attribute(node, "strides").list.i[1:3], attribute(node, "dilations").list.i[1:3] or (1, 1)
    height, width = (_same(*axis) for axis in zip(sizes, kernel, strides, dilations, strict=True))
    return height, width


def _same(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    lacking = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return lacking // 2, lacking - lacking // 2
