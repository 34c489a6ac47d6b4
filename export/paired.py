"""A quantized file beside the float model that it was made from: which operation did what to a tensor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgecnn.data.dataset import Pixels

Values = npt.NDArray[np.float32]

TWIN = "#weights"
"""Ends the name of what an operation makes of exact inputs with the weights of the quantized file."""


@dataclass(frozen=True, slots=True)
class Quantizer:
    """How a tensor is stored: real = scale * (stored - zero_point), stored from `low` to `high`."""

    scale: float
    zero_point: int
    low: int
    high: int

    def levels(self, real: Values) -> npt.NDArray[np.float64]:
        """Return the stored values before they are brought into the range; whole numbers."""
        return np.rint(np.asarray(real, np.float64) / self.scale) + self.zero_point

    def rounded(self, levels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the real values that come back of such levels."""
        return (levels.clip(self.low, self.high) - self.zero_point) * self.scale


@dataclass(frozen=True, slots=True)
class PairedOperation:
    """One operation of a quantized file.

    Attributes:
        layer: the Keras layer.
        kind: as the format calls it.
        tensor: name of its output in the float model.
        stored: how that output is stored; None where it stays float.
        is_inherited: whether its output has its input's quantization, so that nothing is rounded anew.
        twin: name of the output before and after the weights alone were quantized; None without quantized weights.
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
    """Return the real values, float32, of a constant that is stored as integers.

    Args:
        stored: integers, any shape.
        scale, zero_point: one for all, or one for each place along `axis`.
        axis: that of the channels.
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
        exact: gives all tensors of the float model for each image, those of the twins among them.
        received: gives all tensors of the quantized file for each image, as real numbers, by the float model's names.
    """

    operations: tuple[PairedOperation, ...]
    exact: Run
    received: Run
