"""A quantized file paired with its float model, to compare the tensors of each operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgecnn.data.dataset import Pixels

Values = npt.NDArray[np.float32]

TWIN = "#weights"
"""Suffix of the output of an operation that has exact inputs and the weights of the quantized file."""


@dataclass(frozen=True, slots=True)
class Quantizer:
    """How a tensor is stored: real = scale * (stored - zero_point), stored from `low` to `high`."""

    scale: float
    zero_point: int
    low: int
    high: int

    def levels(self, real: Values) -> npt.NDArray[np.float64]:
        """Return the stored values before clipping, rounded to integers."""
        return np.rint(np.asarray(real, np.float64) / self.scale) + self.zero_point

    def rounded(self, levels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the real values of these levels after clipping."""
        return (levels.clip(self.low, self.high) - self.zero_point) * self.scale


@dataclass(frozen=True, slots=True)
class PairedOperation:
    """One operation of a quantized file.

    Attributes:
        layer: the Keras layer.
        kind: the format's name for the operation.
        tensor: name of its output in the float model.
        stored: how that output is stored; None where it stays float.
        is_inherited: whether its output keeps its input's quantization, so that it rounds nothing itself.
        twin: names of the output with exact and with quantized weights; None without quantized weights.
        channels_first: whether the channel is the second axis, not the last.
    """

    layer: str
    kind: str
    tensor: str
    stored: Quantizer | None
    is_inherited: bool
    twin: tuple[str, str] | None
    channels_first: bool = False


def dequantize(stored: Any, scale: Any, zero_point: Any, axis: int) -> Values:
    """Return the real values, float32, of a constant stored as integers.

    Args:
        stored: integers, any shape.
        scale, zero_point: one value, or one for each index along `axis`.
        axis: the channel axis.
    """
    scale, zero_point = np.asarray(scale, np.float64), np.asarray(zero_point, np.float64)
    if scale.size > 1:
        shape = [1] * stored.ndim
        shape[axis] = scale.size
        scale, zero_point = scale.reshape(shape), zero_point.reshape(shape)
    real: Values = ((stored.astype(np.float64) - zero_point) * scale).astype(np.float32)
    return real


Run = Callable[[Pixels], Iterator[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class PairedModels:
    """A quantized file and its float model.

    Attributes:
        operations: in the order of the network.
        exact: yields all tensors of the float model for each image, including the twins.
        received: yields all tensors of the quantized file for each image, as real numbers, by the float model's names.
    """

    operations: tuple[PairedOperation, ...]
    exact: Run
    received: Run
