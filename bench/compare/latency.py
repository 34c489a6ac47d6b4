"""Whether a case became slower between two runs on one machine.

A slowdown must show in the case's ratio to the baseline of its run, beyond the limit, and in the case's own latency,
which must have grown by at least half the limit. The ratio alone would blame the case if a busy machine slowed down
the baseline in OLD; the latency alone, if the machine itself became slower. Both come from medians of rounds, and are
resampled in each run independently, processes first.

With three processes a bootstrap underestimates the variation between processes: its 95 % interval covers the true
value in about 85 % of simulated runs. Each run measures that variation with its A/A case, so the ratio's interval is
widened by the noise floors of both runs, in quadrature, because these errors are independent. docs/comparing.md shows
what this detects and misses in simulation.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

import numpy as np

from edgecnn.bench.compare.tolerance import Tolerance
from edgecnn.bench.result import Raw
from edgecnn.bench.summary import round_medians
from edgecnn.intervals import Interval, Rounds, median_draws


class LatencyOutcome(enum.Enum):
    """The outcome for a change of latency, with 95 % confidence."""

    SLOWER = "slower"
    FASTER = "faster"
    NOT_SLOWER = "not slower"
    CANNOT_TELL = "cannot tell"
    BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class CaseInRun:
    """A case in one run.

    Attributes:
        references: the baseline and its twin; empty if the two runs have no common baseline.
        floor: the noise floor of the run, as a share.
    """

    raw: Raw
    references: tuple[Raw, ...]
    floor: float


@dataclass(frozen=True, slots=True)
class LatencyChange:
    """How the latency of a case changed.

    Attributes:
        own: NEW's median latency divided by OLD's.
        relative: the same for the ratios to the baseline, with its interval widened by the noise floors; None without a
            common baseline, and then `own` is widened instead.
        why: the reason for the outcome, if the figures alone do not show it.
    """

    outcome: LatencyOutcome
    own: Interval
    relative: Interval | None
    why: str = ""

    @property
    def shown(self) -> Interval:
        """The change without that of the machine, if it is known."""
        return self.own if self.relative is None else self.relative


def latency_change(old: CaseInRun, new: CaseInRun, limits: Tolerance, care: str = "") -> LatencyChange:
    """Return how a case's latency changed, and whether that is a slowdown beyond the limit.

    Args:
        old, new: the case in each run.
        limits: only `slower` is used.
        care: why the runs are unreliable; then only a change whose whole interval exceeds twice the limit counts.
    """
    floor = math.hypot(math.log1p(old.floor), math.log1p(new.floor))
    medians = round_medians(old.raw), round_medians(new.raw)
    if not (old.references and new.references):
        own = _change(*medians, floor)
        outcome, why = _judge(own, own, limits, care or "no baseline accounts for the machine")
        return LatencyChange(outcome, own, None, why)
    own, relative = _change(*medians), _change(_to_references(old), _to_references(new), floor)
    outcome, why = _judge(own, relative, limits, care)
    return LatencyChange(outcome, own, relative, why)


def baseline_change(old: CaseInRun, new: CaseInRun, limits: Tolerance) -> LatencyChange:
    """Return how the common baseline's own latency changed: the same file on the same runtime, so likely the machine.

    Args:
        old, new: the baseline in each run, without references.
        limits: beyond `slower`, it is unknown whether the machine became slower or the software below the file.
    """
    own = latency_change(old, new, limits).own
    if _exceeds(own, limits.slower):
        why = "the others are measured against it, and the machine may have become slower"
        return LatencyChange(LatencyOutcome.CANNOT_TELL, own, None, why)
    return LatencyChange(LatencyOutcome.BASELINE, own, None, "what the others are measured against")


def _to_references(case: CaseInRun) -> Rounds:
    """Return the case's latency divided by the geometric mean of its references', for each process and round."""
    logs = [[np.log(process) for process in round_medians(raw)] for raw in case.references]
    ratios = []
    for number, process in enumerate(round_medians(case.raw)):
        beside = [log[number] for log in logs if number < len(log)]
        length = min([len(process), *(len(log) for log in beside)])
        if beside and length:
            ratios.append(process[:length] / np.exp(np.mean([log[:length] for log in beside], axis=0)))
    return tuple(ratios)


def _change(old: Rounds, new: Rounds, floor: float = 0.0) -> Interval:
    """Return the ratio of two medians, with its bootstrap interval widened by `floor`, a logarithm, in quadrature."""
    value = math.log(np.median(np.concatenate(new)) / np.median(np.concatenate(old)))
    low, high = np.percentile(np.log(median_draws(new, 1) / median_draws(old, 2)), [2.5, 97.5])
    return Interval(
        math.exp(value),
        math.exp(value - math.hypot(max(0.0, value - low), floor)),
        math.exp(value + math.hypot(max(0.0, high - value), floor)),
    )


def _judge(own: Interval, relative: Interval, limits: Tolerance, care: str) -> tuple[LatencyOutcome, str]:
    for outcome, changes in (
        (LatencyOutcome.SLOWER, (own, relative)),
        (LatencyOutcome.FASTER, (_inverse(own), _inverse(relative))),
    ):
        if _is_shown(*changes, limits, care):
            return outcome, f"by a wide margin, although {care}" if care else ""
        if not care and _exceeds(changes[1], limits.slower):
            return (
                LatencyOutcome.CANNOT_TELL,
                "the latency itself does not confirm its ratio to the baseline: measure again",
            )
    if care:
        return LatencyOutcome.CANNOT_TELL, f"{care}: measure again"
    if relative.high <= 1 + limits.slower:
        return LatencyOutcome.NOT_SLOWER, ""
    return LatencyOutcome.CANNOT_TELL, "too noisy: measure longer, with more --processes"


def _is_shown(own: Interval, relative: Interval, limits: Tolerance, care: str) -> bool:
    if care:
        return min(own.low, relative.low) > 1 + limits.beyond_doubt
    return _exceeds(own, limits.slower / 2) and _exceeds(relative, limits.slower)


def _exceeds(change: Interval, share: float) -> bool:
    return change.value > 1 + share and change.low > 1


def _inverse(change: Interval) -> Interval:
    return Interval(1 / change.value, 1 / change.high, 1 / change.low)
