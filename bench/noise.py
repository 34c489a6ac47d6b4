"""The noise floor: the baseline is measured twice, and the difference is noise."""

from __future__ import annotations

from edgecnn.bench.case import Role
from edgecnn.bench.result import Raw, Result
from edgecnn.bench.summary import round_medians
from edgecnn.intervals import Interval, bootstrap_ratio, median_ratio

ALIKE = 0.05
"""Latencies that differ by less count as alike; size then decides, so that the choice is stable. It is also the
assumed noise floor if that is unknown."""


def a_a(result: Result) -> Interval | None:
    """Return the baseline's latency divided by its twin's, 1 up to noise, with the bootstrap's interval.

    None if one of them failed.
    """
    by_role = {case.case.role: case.raw for case in result.cases if case.error is None}
    baseline, twin = by_role.get(Role.BASELINE), by_role.get(Role.TWIN)
    if baseline is None or twin is None:
        return None
    return bootstrap_ratio(round_medians(baseline), round_medians(twin))


def noise_floor(ratio: Interval | None) -> float:
    """Return how far from 1 the ratio of two equal cases may be, as a share: the farther end of the A/A interval.

    Without an interval, because the baseline could not be measured twice, it is `ALIKE`.
    """
    return ALIKE if ratio is None else max(ratio.high, 1 / ratio.low) - 1


def latency_ratio(case: Raw, reference: Raw) -> Interval:
    """Return how many times as long `case` takes as `reference`, paired by rounds."""
    return median_ratio(round_medians(case), round_medians(reference))


def is_equal(ratio: Interval, floor: float) -> bool:
    """Whether a ratio cannot be distinguished from 1: its interval contains 1, or it is within the noise floor."""
    return ratio.low <= 1 <= ratio.high or 1 / (1 + floor) <= ratio.value <= 1 + floor
