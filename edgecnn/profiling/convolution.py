"""Large convolutions for measuring a machine's peak."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgecnn.runtime.backend import Tensor

LAYERS = 3
"""One after the other, so that turning the input into a runtime's own layout, and back, weighs less."""
SCALE = 0.05
"""Of all int8 tensors but the weights; no sum reaches a limit of int32 with it, and values do not matter to time."""


@dataclass(frozen=True, slots=True)
class Convolutions:
    """Equal convolutions in a row, stride 1, padded so that the size stays.

    Attributes:
        channels: of input and output.
        size: height and width of the image.
        kernel: height and width of the kernel.
        dtype: of activations: "float32", or "int8" or "uint8" with int8 weights, each output channel with a scale.
    """

    channels: int
    size: int
    kernel: int
    dtype: str

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all."""
        return LAYERS * self.size**2 * self.channels**2 * self.kernel**2

    @property
    def is_integer(self) -> bool:
        """Whether it computes in integers."""
        return self.dtype != "float32"

    def __str__(self) -> str:
        """Return a description for a report."""
        kernel, size = f"{self.kernel}×{self.kernel}", f"{self.size}×{self.size}"
        return f"{kernel} convolution of {self.channels} channels at {size}, {self.dtype}"

    def weights(self) -> Tensor:
        """Return random weights, (output, height, width, input) channels, int8 or float32."""
        shape = (self.channels, self.kernel, self.kernel, self.channels)
        drawn = np.random.default_rng(0)
        if self.is_integer:
            return drawn.integers(-127, 128, shape).astype(np.int8)
        return drawn.normal(0, 1 / np.sqrt(self.channels * self.kernel**2), shape).astype(np.float32)

    def weight_scales(self) -> npt.NDArray[np.float32]:
        """Return a scale for each output channel, so that outputs spread as far as inputs do."""
        spread = np.linspace(0.9, 1.1, self.channels, dtype=np.float32)
        return spread / np.float32(70 * np.sqrt(self.channels * self.kernel**2))

    def image(self) -> Tensor:
        """Return a random input, (1, height, width, channels)."""
        drawn = np.random.default_rng(1).normal(0, 1, (1, self.size, self.size, self.channels))
        if not self.is_integer:
            return drawn.astype(np.float32)
        limits = np.iinfo(self.dtype)
        stored = np.clip(np.rint(drawn / SCALE) + self.zero_point, limits.min, limits.max)
        return np.asarray(stored, self.dtype)

    @property
    def zero_point(self) -> int:
        """Of the activations."""
        return 128 if self.dtype == "uint8" else 0


Write = Callable[[Convolutions], bytes]
"""Makes a model file."""

SHAPES = ((64, 8, 3), (64, 14, 3), (128, 7, 3), (128, 14, 3), (256, 7, 3), (256, 14, 3), (256, 7, 1), (512, 14, 1))
"""Channels, size and kernel. Which is fastest depends on caches, kernels and threads, so the best of them counts.

They are large in what decides about speed, multiply-accumulates for each byte, and short in time: what takes more than
a few milliseconds is interrupted by whatever else runs on the machine.
"""
