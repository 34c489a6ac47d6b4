"""Observe the values of every tensor inside a float model while it runs on images, without storing them.

The first pass records the least and the largest value of each tensor for each image. A second pass, where a method
needs it, counts all values in histograms between these. Memory holds one image's activations and the counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgecnn.data.dataset import Pixels
from edgecnn.spec import Method

BINS = 8192
"""Fine enough that a value 30 times as large as the others leaves 256 bins to them."""

Values = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How often a tensor takes each value.

    Attributes:
        low, high: edges of the first and the last bin; all bins are equally wide.
        counts: int64, (BINS,).
        zeros: how many values are exactly 0, as after a ReLU; quantizing these costs nothing.
    """

    low: float
    high: float
    counts: npt.NDArray[np.int64]
    zeros: int

    @property
    def centers(self) -> npt.NDArray[np.float64]:
        """The middle of each bin, (BINS,)."""
        return self.low + (np.arange(len(self.counts)) + 0.5) * (self.high - self.low) / len(self.counts)


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """The observed values of tensors.

    Attributes:
        low, high: by tensor name, float32 (N,): least and largest value on each image.
        histograms: by tensor name, over all images; empty if none were requested.
    """

    low: dict[str, Values]
    high: dict[str, Values]
    histograms: dict[str, Histogram]


Tensors = Iterator[dict[str, Values]]
"""One dict of tensors for each image; the arrays may be overwritten by the next step."""


ReadTensors = Callable[[Any, Pixels], Tensors]
"""Runs a model on images, (N, H, W, C), and yields all its float activations by name, without constants."""


def observe(tensors: ReadTensors, model: Any, images: Pixels, method: Method = Method.MIN_MAX) -> Observed:
    """Return the observed values of each float tensor of a model on the images.

    Args:
        tensors: runs a model of that format.
        model: float32, with a batch of one.
        images: uint8, (N, H, W, C).
        method: one that needs histograms runs the model on the images twice.
    """
    low: dict[str, list[np.float32]] = {}
    high: dict[str, list[np.float32]] = {}
    for by_name in tensors(model, images):
        for name, values in by_name.items():
            low.setdefault(name, []).append(values.min())
            high.setdefault(name, []).append(values.max())
    lows = {name: np.array(values, np.float32) for name, values in low.items()}
    highs = {name: np.array(values, np.float32) for name, values in high.items()}
    if method is Method.MIN_MAX:
        return Observed(lows, highs, {})
    counters = {name: _Counter(float(lows[name].min()), float(highs[name].max())) for name in lows}
    for by_name in tensors(model, images):
        for name, values in by_name.items():
            counters[name].add(values)
    return Observed(lows, highs, {name: counter.histogram() for name, counter in counters.items()})


def merge(first: Observed, second: Observed) -> Observed:
    """Return the combined observations of one model on two disjoint sets of images.

    Where histograms have different ranges, the counts of a bin move to the new bin that holds its middle.
    """
    both = {name: _merged(histogram, second.histograms[name]) for name, histogram in first.histograms.items()}
    return Observed(_concatenated(first.low, second.low), _concatenated(first.high, second.high), both)


def as_input(image: Pixels, dtype: Any) -> Any:
    """Return a batch of one image for an input whose quantization step is one pixel value."""
    return (image[None].astype(np.int16) - 128).astype(np.int8) if dtype == np.int8 else image[None].astype(dtype)


class _Counter:
    """Counts values into the bins of one tensor's histogram."""

    def __init__(self, low: float, high: float) -> None:
        self._low, self._high = low, high if high > low else low + 1e-6
        self._counts = np.zeros(BINS, np.int64)
        self._zeros = 0

    def add(self, values: Values) -> None:
        flat = values.ravel()
        scaled = (flat - np.float32(self._low)) * np.float32(BINS / (self._high - self._low))
        places = np.minimum(scaled.astype(np.int32), BINS - 1)
        self._counts += np.bincount(places, minlength=BINS)
        self._zeros += flat.size - int(np.count_nonzero(flat))

    def histogram(self) -> Histogram:
        return Histogram(self._low, self._high, self._counts, self._zeros)


def _merged(first: Histogram, second: Histogram) -> Histogram:
    low, high = min(first.low, second.low), max(first.high, second.high)
    counts = np.zeros(BINS, np.int64)
    for part in (first, second):
        places = ((part.centers - low) * (BINS / (high - low))).astype(np.int64)
        np.add.at(counts, places.clip(0, BINS - 1), part.counts)
    return Histogram(low, high, counts, first.zeros + second.zeros)


def _concatenated(first: dict[str, Values], second: dict[str, Values]) -> dict[str, Values]:
    return {name: np.concatenate([values, second[name]]) for name, values in first.items()}
