"""Operations that scale, shift and reorder the channels of a tensor, as arithmetic on vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgecnn.export.keras.graph import TensorFlowGraph, attribute

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ChannelAffine:
    """out[..., c] = scale[c] * in[..., order[c]] + offset[c], in float64.

    Attributes:
        scale, offset: (C,).
        order: (C,), a permutation of 0..C-1.
    """

    scale: Vector
    offset: Vector
    order: npt.NDArray[np.int64]

    @property
    def keeps_order(self) -> bool:
        """Whether every channel keeps its place."""
        return bool((self.order == np.arange(len(self.order))).all())

    def after(self, first: ChannelAffine) -> ChannelAffine:
        """Return the effect of `first` followed by this."""
        return ChannelAffine(
            self.scale * first.scale[self.order],
            self.scale * first.offset[self.order] + self.offset,
            first.order[self.order],
        )

    def repeated(self, times: int) -> ChannelAffine:
        """Return the same for a tensor whose last axis holds the channels of `times` pixels side by side."""
        start = np.repeat(np.arange(times) * len(self.order), len(self.order))
        return ChannelAffine(
            np.tile(self.scale, times), np.tile(self.offset, times), np.tile(self.order, times) + start
        )


def identity(channels: int) -> ChannelAffine:
    """Return the affine that changes nothing."""
    return ChannelAffine(np.ones(channels), np.zeros(channels), np.arange(channels))


def affine_of(graph: TensorFlowGraph, node: Any) -> tuple[str, ChannelAffine] | None:
    """Return a node's input and its effect on the channels; None if it does anything else."""
    shape = graph.shape(node.name)
    if not shape:
        return None
    if node.op in _ARITHMETIC:
        return _arithmetic(graph, node, shape)
    if node.op in ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"):
        return _batch_norm(graph, node)
    if node.op in ("ReverseV2", "StridedSlice", "GatherV2"):
        return _reordering(graph, node, shape)
    return None


_ARITHMETIC = {
    # operation: scale and offset for tensor∘constant, and for constant∘tensor
    "Mul": (lambda c: (c, 0), lambda c: (c, 0)),
    "Add": (lambda c: (1, c), lambda c: (1, c)),
    "AddV2": (lambda c: (1, c), lambda c: (1, c)),
    "BiasAdd": (lambda c: (1, c), None),
    "Sub": (lambda c: (1, -c), lambda c: (-1, c)),
    "RealDiv": (lambda c: (1 / c, 0), None),
}


def _arithmetic(graph: TensorFlowGraph, node: Any, shape: tuple[int, ...]) -> tuple[str, ChannelAffine] | None:
    if node.op == "BiasAdd" and attribute(node, "data_format").s == b"NCHW":
        return None
    for position, rule in enumerate(_ARITHMETIC[node.op]):
        source, constant = node.input[position], graph.constant(node.input[1 - position])
        if rule is None or constant is None or constant.dtype != np.float32 or graph.shape(source) != shape:
            continue
        if constant.size != 1 and (constant.shape[-1] != shape[-1] or constant.size != shape[-1]):
            continue
        with np.errstate(divide="ignore"):
            scale, offset = rule(constant.astype(np.float64).ravel())
        return _finite(source, scale, offset, shape[-1])
    return None


def _batch_norm(graph: TensorFlowGraph, node: Any) -> tuple[str, ChannelAffine] | None:
    """Return y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, the form at inference."""
    if attribute(node, "data_format").s == b"NCHW" or attribute(node, "is_training").b:
        return None
    values = [graph.constant(name) for name in node.input[1:5]]
    if any(value is None for value in values):
        return None
    gamma, beta, mean, variance = (np.asarray(value, np.float64) for value in values)
    scale = gamma / np.sqrt(variance + attribute(node, "epsilon").f)
    return _finite(node.input[0], scale, beta - mean * scale, len(scale))


def _reordering(graph: TensorFlowGraph, node: Any, shape: tuple[int, ...]) -> tuple[str, ChannelAffine] | None:
    """Return the order, found by sending numbers through the node."""
    source = node.input[1 if graph.constant(node.input[0]) is not None else 0]
    operands = [name for name in node.input if name != source]
    if graph.shape(source) != shape or any(graph.constant(name) is None for name in operands):
        return None
    numbers = np.arange(np.prod(shape)).reshape(shape)
    probe = graph.add_constant(f"{node.name}/probe", numbers.astype(np.float32))
    moved = graph.add_constant(f"{node.name}/moved", numbers[:0])  # takes a free name for a copy of the node
    graph.nodes[moved].CopyFrom(node)
    graph.nodes[moved].name = moved
    graph.nodes[moved].input[:] = [probe if name == source else name for name in node.input]
    (result,) = graph.evaluate([moved])
    del graph.nodes[probe], graph.nodes[moved]
    order = result.reshape(-1, shape[-1])[0].astype(np.int64)
    if (np.sort(order) != np.arange(shape[-1])).any() or (result != numbers[..., order]).any():
        return None
    return source, ChannelAffine(np.ones(shape[-1]), np.zeros(shape[-1]), order)


def _finite(source: str, scale: Any, offset: Any, channels: int) -> tuple[str, ChannelAffine] | None:
    scale = np.broadcast_to(np.asarray(scale, np.float64), channels)
    offset = np.broadcast_to(np.asarray(offset, np.float64), channels)
    if not (np.isfinite(scale).all() and np.isfinite(offset).all()):
        return None
    return source, ChannelAffine(scale, offset, np.arange(channels))
