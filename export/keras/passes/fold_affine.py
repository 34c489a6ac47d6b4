"""Fold channel scales, offsets and orders into the weights and biases of neighbouring layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgecnn.export.keras.affine_run import AffineRun, run_after, run_before, run_from
from edgecnn.export.keras.channel_affine import ChannelAffine, Vector
from edgecnn.export.keras.graph import TensorFlowGraph
from edgecnn.export.keras.linear import (
    bias_after,
    pads_zeros,
    put_weights,
    scale_outputs,
    take_inputs,
    weights_of,
)

_KEPT = (["Mul"], ["AddV2"], ["BiasAdd"], ["Mul", "AddV2"])
"""Runs of operations that `merge_affine` leaves as they are."""

_FEW_CHANNELS = 4


def fold_affine(graph: TensorFlowGraph) -> bool:
    """Fold nodes that scale, shift or reorder channels into convolutions and dense layers.

    Such nodes are biases, batch norms, Rescaling, Normalization and colour reversals, before or after a layer. They
    move past pools, averages and Flatten where that only changes rounding.

    Folding is exact up to rounding. So an offset stays where a convolution pads with zeros: that of pixels as one Add,
    that of a batch norm unchanged. The Add took up to 6 % of the time of a network of two convolutions at 32×32 and
    224×224, on LiteRT and ONNX Runtime, float32 and int8; padding with the right value took 3 to 41 %, and an extra
    channel of ones up to 81 %.
    """
    changed = False
    for node in graph.in_order():
        if weights_of(graph, node) is not None:
            changed |= _fold_after(graph, node) | _fold_before(graph, node)
    return changed


def merge_affine(graph: TensorFlowGraph) -> bool:
    """Reduce each run of nodes that could not be folded to at most one Mul and one Add.

    Runtimes have quantized kernels for these two, and often not for subtraction and division.
    """
    seen: set[str] = set()
    changed = False
    for node in graph.in_order():
        run = run_from(graph, node) if node.name not in seen else None
        if run is None:
            continue
        seen.update(gone.name for gone in run.nodes)
        if [gone.op for gone in run.nodes] not in _KEPT:
            _replace(graph, run, run.affine.scale, run.affine.offset)
            changed = True
    return changed


def _fold_after(graph: TensorFlowGraph, node: Any) -> bool:
    run = run_after(graph, node)
    if run is None:
        return False
    weights = scale_outputs(node, weights_of(graph, node), run.affine.scale)
    run.bypass(graph)
    put_weights(graph, node, weights, run.affine.offset)
    return True


def _fold_before(graph: TensorFlowGraph, node: Any) -> bool:
    run = run_before(graph, node)
    if run is None:
        return False
    affine, remaining = run.affine, None
    if (run.is_padded or pads_zeros(graph, node)) and affine.offset.any():
        if run.source != graph.input or not affine.scale.all() or [gone.op for gone in run.nodes] == ["AddV2"]:
            return False
        remaining = np.empty_like(affine.offset)  # scale * x + offset = scale * (x + remaining)
        remaining[affine.order] = affine.offset / affine.scale
        affine = ChannelAffine(affine.scale, np.zeros_like(affine.offset), affine.order)
    adapted = take_inputs(node, weights_of(graph, node), affine)
    if adapted is None:
        return False
    weights, added_bias = adapted
    if remaining is None:
        run.bypass(graph)
    else:
        _replace(graph, run, np.ones_like(remaining), remaining)
    put_weights(graph, node, weights, _bias(graph, node) + added_bias)
    return True


def _bias(graph: TensorFlowGraph, node: Any) -> Any:
    bias = bias_after(graph, node)
    return 0.0 if bias is None else graph.constant(bias.input[1]).astype(np.float64)


def _replace(graph: TensorFlowGraph, run: AffineRun, scale: Vector, offset: Vector) -> None:
    """Replace a run by a Mul and an Add, leaving out either if it would do nothing."""
    shape = graph.shape(run.source) or ()
    layer = run.nodes[-1].name.rpartition("/")[0] or run.nodes[-1].name
    name = run.source
    for operation, vector, neutral in (("Mul", scale, 1.0), ("AddV2", offset, 0.0)):
        if (vector != neutral).any():
            constant = graph.add_constant(f"{layer}/{operation}/value", _spread(vector, shape))
            name = graph.add_float_node(operation, f"{layer}/{operation}", [name, constant], shape)
    run.bypass(graph, name)


def _spread(vector: Vector, shape: tuple[int, ...]) -> Any:
    """Return a vector of channels as the fastest constant to add or multiply: one number if all are equal.

    A few channels are repeated along a row: broadcasting three values over 224×224 pixels took ONNX Runtime's int8
    kernel three times as long as two convolutions; with a row of them it took 6 % of that of the convolutions.
    """
    values = vector.astype(np.float32)
    if (values == values[0]).all():
        return values[0]
    if len(shape) == 4 and len(values) <= _FEW_CHANNELS:
        return np.tile(values, shape[2]).reshape(1, 1, shape[2], len(values))
    return values
