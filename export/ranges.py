"""Choose the range of real values that the 256 steps of a tensor cover."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from edgecnn.export.observe import Histogram, Observed
from edgecnn.spec import Method

Range = tuple[float, float]
Ranges = dict[str, Range]
"""By the name of a tensor."""

PIXELS: Range = (0.0, 255.0)
"""Range of the input, whatever the calibration images hold: one step is one pixel value."""

PERCENTILE = 99.99
"""Percentage of the values that the percentile method keeps; half of the rest is cut off at each end."""

_STEPS, _NOTHING = 255, 1e-20
_ENTROPY_BINS = 2048  # as Migacz, 2017
_ENTROPY_STRIDE = 16  # thresholds are tried at every 16th bin: less than 1 % of the range
_MSE_CANDIDATES = 256


def choose_ranges(observed: Observed, method: Method) -> Ranges:
    """Return the least and the largest real value of each tensor that are not clipped; every range includes 0.

    Args:
        observed: all tensors; with histograms, unless the method is MIN_MAX.
        method: MIN_MAX keeps every value. PERCENTILE keeps 99.99 % of them. ENTROPY loses the least information, as
            the Kullback-Leibler divergence of the quantized histogram. MSE has the least expected squared error of
            rounding and clipping together.

    Sources: S. Migacz, "8-bit Inference with TensorRT", GTC 2017 (entropy). MSE: rounding to a step d costs d^2/12
    (Bennett, 1948), clipping x at the edge e costs (x - e)^2.
    """
    if method is Method.MIN_MAX:
        return {
            name: _with_zero(float(observed.low[name].min()), float(observed.high[name].max())) for name in observed.low
        }
    choose = _CHOICES[method]
    return {name: _with_zero(*choose(histogram)) for name, histogram in observed.histograms.items()}


def _with_zero(low: float, high: float) -> Range:
    """Return the range widened to include 0. A range of only 0 becomes 0 to 1, since runtimes refuse steps of 0."""
    low, high = min(low, 0.0), max(high, 0.0)
    return (low, high) if high - low > _NOTHING else (0.0, 1.0)


def _percentile(histogram: Histogram) -> Range:
    """Return the edges of the middle `PERCENTILE` of the values; within a bin they count as evenly spread."""
    edges = np.linspace(histogram.low, histogram.high, len(histogram.counts) + 1)
    below = np.concatenate([[0], np.cumsum(histogram.counts)])
    cut = (1 - PERCENTILE / 100) / 2 * below[-1]
    low = edges[np.searchsorted(below, cut, side="right") - 1]  # an edge, so that a spike at 0 is kept entirely
    high = edges[np.searchsorted(below, below[-1] - cut, side="left")]
    return float(low), float(high)


def _mse(histogram: Histogram) -> Range:
    """Return the range, out of 256 lower and 256 upper edges, with the least expected squared error."""
    values, counts = histogram.centers, histogram.counts.astype(np.float64)
    lowest, highest = min(histogram.low, 0.0), max(histogram.high, 0.0)
    shares = np.linspace(1 / _MSE_CANDIDATES, 1, _MSE_CANDIDATES)
    lows = shares * lowest if lowest < 0 else np.zeros(1)
    highs = shares * highest if highest > 0 else np.zeros(1)
    clipped = _cost_above(-values[::-1], counts[::-1], -lows)[:, None] + _cost_above(values, counts, highs)[None]
    rounded = counts.sum() - histogram.zeros
    step = (highs[None] - lows[:, None]) / _STEPS
    best = np.unravel_index(np.argmin(clipped + rounded * step**2 / 12), clipped.shape)
    return float(lows[best[0]]), float(highs[best[1]])


def _cost_above(
    values: npt.NDArray[np.float64], counts: npt.NDArray[np.float64], edges: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the sum of squared distances to each edge of the values above it; `values` ascend."""
    moments = [np.append(np.cumsum((counts * values**power)[::-1])[::-1], 0.0) for power in (0, 1, 2)]
    first = np.searchsorted(values, edges, side="right")
    zeroth, mean, square = (moment[first] for moment in moments)
    cost: npt.NDArray[np.float64] = square - 2 * edges * mean + edges**2 * zeroth
    return cost


def _entropy(histogram: Histogram) -> Range:
    """Return the symmetric range (one-sided if all values have one sign) that keeps the most information.

    Magnitudes are spread over 128 levels, or 256 if all values have one sign. The first bin counts as the second does:
    it holds the zeros of a ReLU, which are exact at any step (NVIDIA's own later implementations do the same).
    """
    lowest, highest = min(histogram.low, 0.0), max(histogram.high, 0.0)
    levels = 256 if lowest == 0 or highest == 0 else 128
    reach = max(-lowest, highest)
    magnitudes, _ = np.histogram(
        np.abs(histogram.centers), bins=_ENTROPY_BINS, range=(0, reach), weights=histogram.counts.astype(np.float64)
    )
    magnitudes[0] = magnitudes[1]
    tried = range(levels, _ENTROPY_BINS + 1, _ENTROPY_STRIDE)
    best = min(tried, key=lambda count: (_divergence(magnitudes, count, levels), count))
    threshold = best * reach / _ENTROPY_BINS
    return max(lowest, -threshold), min(highest, threshold)


def _divergence(magnitudes: npt.NDArray[np.float64], count: int, levels: int) -> float:
    """Return the Kullback-Leibler divergence of `levels` levels from the first `count` bins, outliers in the last."""
    kept = magnitudes[:count]
    reference = kept.copy()
    reference[-1] += magnitudes[count:].sum()
    starts = np.arange(levels) * count // levels
    widths = np.diff(np.append(starts, count))
    filled = np.maximum(np.add.reduceat((kept > 0).astype(np.float64), starts), 1)
    level = np.repeat(np.add.reduceat(kept, starts) / filled, widths)
    quantized = np.where(kept > 0, level, 0.0)
    if quantized.sum() == 0 or np.any((reference > 0) & (quantized == 0)):
        return float("inf")  # outliers fell on a bin that is otherwise empty
    shown = reference > 0
    p, q = reference[shown] / reference.sum(), quantized[shown] / quantized.sum()
    return float(np.sum(p * np.log(p / q)))


_CHOICES: dict[Method, Callable[[Histogram], Range]] = {
    Method.PERCENTILE: _percentile,
    Method.ENTROPY: _entropy,
    Method.MSE: _mse,
}
