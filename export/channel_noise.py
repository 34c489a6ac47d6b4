"""Measure how much of a tensor's signal is lost in noise, channel by channel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

LOUDEST_DB = 120.0
"""Stands for no noise at all; float32 itself rounds at about 140 dB."""

_CONSTANT = 1e-9
"""A channel whose variance is a smaller share of its power than this carries no signal."""


class ChannelNoise:
    """Accumulates the signal of each channel and the noise on it over many images.

    The ratio over an entire tensor would hide what matters most: if one channel is a thousand times louder than the
    others, its power dominates, however little is left of the others. And a network reads how a channel varies, not how
    far it is from zero.
    """

    def __init__(self) -> None:
        self._count = 0
        self._sum: npt.NDArray[np.float64] | None = None
        self._squares = self._noise = np.zeros(1)

    def add(self, signal: Any, received: Any) -> None:
        """Add one image's tensor and its noisy copy: float, same shape."""
        clean = np.asarray(signal, np.float64).reshape(-1, _channels(signal))
        noise = ((np.asarray(received, np.float64).reshape(clean.shape) - clean) ** 2).sum(axis=0)
        if self._sum is None:
            self._sum, self._squares, self._noise = (np.zeros(clean.shape[1]) for _ in range(3))
        self._count += len(clean)
        self._sum += clean.sum(axis=0)
        self._squares += (clean**2).sum(axis=0)
        self._noise += noise

    @property
    def lost(self) -> float | None:
        """The mean over channels of noise over variance, each at most 1; None if no channel varies."""
        if self._sum is None:
            return None
        variance = self._squares - self._sum**2 / self._count
        varies = variance > _CONSTANT * self._squares
        if not varies.any():
            return None
        return float(np.minimum(1.0, self._noise[varies] / variance[varies]).mean())

    @property
    def decibels(self) -> float | None:
        """The loss as a signal-to-noise ratio; 0 dB if all channels are lost."""
        return decibels(self.lost)


def decibels(lost: float | None) -> float | None:
    """Return a lost share as a signal-to-noise ratio in dB."""
    if lost is None:
        return None
    return LOUDEST_DB if lost <= 10 ** (-LOUDEST_DB / 10) else max(0.0, -10 * math.log10(lost))


def _channels(tensor: Any) -> int:
    return int(tensor.shape[-1]) if tensor.ndim > 1 else 1
