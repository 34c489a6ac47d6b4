"""The limits that an artifact must meet to be deployed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edgecnn.bench.case import Role
from edgecnn.bench.summary import Summary
from edgecnn.intervals import Interval
from edgecnn.limits import LimitResult, Limits, Outcome, check_limit


@dataclass(frozen=True, slots=True)
class BenchLimits(Limits):
    """Limits that a user sets.

    A drop is relative to the baseline, with 95 % confidence; a latency is the 90th percentile of single calls,
    regardless of its interval.

    Attributes:
        max_memory: bytes of resident memory above the bare process, at the peak or after the rounds.
    """

    max_memory: int | None = None


_FIGURES: dict[str, tuple[str, Callable[[Summary], float | None]]] = {
    "p90": ("max_latency", lambda summary: summary.latency.p90.value),
    "size": ("max_size", lambda summary: summary.raw.size_bytes),
    "memory": ("max_memory", lambda summary: summary.memory.most),
}
"""For each figure, the field of its limit and where to find it; all count as exact."""


def check_limits(summary: Summary, limits: BenchLimits) -> tuple[LimitResult, ...]:
    """Return the result of a case for each limit that was set; the baseline loses nothing to itself."""
    results = [] if summary.case.role is Role.BASELINE else [_accuracy(summary, limits.max_drop)]
    for figure, (name, measure) in _FIGURES.items():
        limit, value = getattr(limits, name), measure(summary)
        if limit is not None:
            results.append(check_limit(figure, None if value is None else Interval(value, value, value), limit))
    return tuple(results)


def _accuracy(summary: Summary, max_drop: float) -> LimitResult:
    paired = summary.accuracy.paired if summary.accuracy else None
    lost = None if paired is None else paired.points_lost
    return check_limit("accuracy", lost, max_drop, undecided=Outcome.TOO_FEW_IMAGES)
