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
    """Return the difference of two accuracies on the same images, with Agresti and Min's interval.

    Args:
        right, baseline_right: bool, (N,), whether each answered image i correctly.

    Half an image is added to each of the four cells before Wald's formula for paired proportions, so that the
    interval keeps a width where no answer differs.

    Source: Agresti and Min, "Simple improved confidence intervals for comparing matched proportions", Statistics in
    Medicine 24 (2005).
    """
    count = len(right)
    gained, lost = int((right & ~baseline_right).sum()), int((baseline_right & ~right).sum())
    centre = (gained - lost) / (count + 2)
    half = _Z_95 * math.sqrt((gained + lost + 1) / (count + 2) - centre**2) / math.sqrt(count + 2)
    return Interval((gained - lost) / count, max(-1.0, centre - half), min(1.0, centre + half))


def mcnemar(lost: int, gained: int) -> float:
    """Return the exact two-sided p-value of McNemar's test: a binomial test of `lost` against `gained` at one half.

    Source: McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
    Psychometrika 12 (1947), in its exact form.
    """
    total, fewer = lost + gained, min(lost, gained)
    tail = sum(math.comb(total, count) for count in range(fewer + 1))
    return float(min(1.0, 2 * tail / 2**total))


def median(values: Values) -> Interval:
    """Return the median of a sample with its distribution-free interval from order statistics.

    Args:
        values: float64, (N,).

    The ranks are N/2 ± z √N / 2, the normal approximation of the binomial. Source: Conover, "Practical Nonparametric
    Statistics" (1999), section 3.2.
    """
    ordered, count = np.sort(values), len(values)
    half = _Z_95 * math.sqrt(count) / 2
    low, high = max(0, math.floor(count / 2 - half)), min(count - 1, math.ceil(count / 2 + half))
    return Interval(float(np.median(ordered)), float(ordered[low]), float(ordered[high]))


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
