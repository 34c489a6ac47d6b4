"""The few formulas that reports rest on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

_Z_95 = NormalDist().inv_cdf(0.975)
_RESAMPLES = 2000

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and its 95 % confidence interval."""

    value: float
    low: float
    high: float


def wilson(successes: int, trials: int) -> Interval:
    """Return a proportion with its Wilson score interval.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    if trials < 1:
        raise ValueError("a proportion needs at least one trial")
    share, z2 = successes / trials, _Z_95**2
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = _Z_95 * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
    return Interval(share, max(0.0, centre - half), min(1.0, centre + half))


def paired_difference(right: npt.NDArray[np.bool_], baseline_right: npt.NDArray[np.bool_]) -> Interval:
    """Return the difference of two accuracies on the same images.

    Args:
        right, baseline_right: bool, (N,), whether each answered image i correctly.

    The interval is Wald's for paired proportions, mean ± z·sd/√N of the differences in {-1, 0, 1}. Where no image
    differs it has no width.
    """
    difference = right.astype(np.float64) - baseline_right
    mean, half = float(difference.mean()), _Z_95 * float(difference.std()) / math.sqrt(len(difference))
    return Interval(mean, mean - half, mean + half)


def median_ratio(numerators: Values, denominators: Values, seed: int = 0) -> Interval:
    """Return the median over rounds of the ratio of two cases, with a percentile bootstrap interval over rounds.

    Args:
        numerators, denominators: float64, (rounds,), one duration of each case for each round.
        seed: of the resampling.

    Source of the interval: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13.
    """
    ratios = numerators / denominators
    drawn = np.random.default_rng(seed).integers(0, len(ratios), (_RESAMPLES, len(ratios)))
    low, high = np.percentile(np.median(ratios[drawn], axis=1), [2.5, 97.5])
    return Interval(float(np.median(ratios)), float(low), float(high))
