"""What changed between two runs on one machine, independent of how it is shown."""

from __future__ import annotations

from dataclasses import dataclass

from edgecnn.bench.case import Case
from edgecnn.bench.compare.accuracy import AccuracyChange, accuracy_change
from edgecnn.bench.compare.latency import CaseInRun, LatencyChange, LatencyOutcome, baseline_change, latency_change
from edgecnn.bench.compare.match import common_baseline, match, references
from edgecnn.bench.compare.tolerance import Tolerance
from edgecnn.bench.findings import Findings
from edgecnn.bench.result import CaseResult
from edgecnn.bench.summary import Summary
from edgecnn.errors import MeasurementError
from edgecnn.limits import Outcome


@dataclass(frozen=True, slots=True)
class Run:
    """A result's name for the reader, and its findings."""

    name: str
    findings: Findings


@dataclass(frozen=True, slots=True)
class CaseChange:
    """One artifact in both runs.

    Attributes:
        old, new: None where the case failed in that run.
        failure: the reason why a case that worked in OLD failed in NEW.
        latency: None if the case failed, or the processor is emulated.
        accuracy: None if unknown.
        is_bigger: whether the file grew by more than the limit.
    """

    case: Case
    old: Summary | None
    new: Summary | None
    failure: str | None
    latency: LatencyChange | None
    accuracy: AccuracyChange | None
    is_bigger: bool

    @property
    def regressions(self) -> tuple[str, ...]:
        """What became worse, such as "slower"; empty if nothing is shown to be worse."""
        worse = {
            "failed": self.failure is not None,
            "slower": self.latency is not None and self.latency.outcome is LatencyOutcome.SLOWER,
            "less accurate": self.accuracy is not None and self.accuracy.outcome is Outcome.DOES_NOT_HOLD,
            "bigger": self.is_bigger,
        }
        return tuple(word for word, is_so in worse.items() if is_so)

    @property
    def unknowns(self) -> tuple[str, ...]:
        """The undecided figures: "latency", "accuracy"."""
        if self.old is None or self.new is None:
            return ()
        latency = self.latency is None or self.latency.outcome is LatencyOutcome.CANNOT_TELL
        accuracy = self.accuracy is None or self.accuracy.outcome in {None, Outcome.TOO_FEW_IMAGES}
        return (*(("latency",) if latency else ()), *(("accuracy",) if accuracy else ()))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs on one machine.

    Attributes:
        cases: the artifacts of both, worst first.
        added, removed: names of artifacts that only NEW, or only OLD, has.
        baseline: how the common baseline itself changed, which ratios remove; None without one.
        care: why latencies are unreliable; "" if they are not.
    """

    old: Run
    new: Run
    limits: Tolerance
    cases: tuple[CaseChange, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    baseline: LatencyChange | None
    care: str

    @property
    def is_regression(self) -> bool:
        """Whether anything is shown to be worse."""
        return any(change.regressions for change in self.cases)

    @property
    def is_certain(self) -> bool:
        """Whether every case of OLD was compared, and every outcome is known."""
        return not self.removed and not any(change.unknowns for change in self.cases)


def compare_runs(old: Run, new: Run, limits: Tolerance) -> Comparison:
    """Return what changed from one run to another on the same machine.

    Raises:
        MeasurementError: they have no artifact in common.
    """
    before, after = old.findings.result, new.findings.result
    matched = match(before, after)
    if not matched.pairs:
        raise MeasurementError(
            f"{old.name} and {new.name} have no case in common: {', '.join(matched.removed) or 'no artifact'} in one, "
            f"{', '.join(matched.added) or 'no artifact'} in the other; give files the same names"
        )
    baselines = common_baseline(before, after)
    care = _care(old, new, has_baseline=baselines is not None)
    cases = [_case_change(pair, old, new, limits, care) for pair in matched.pairs]
    return Comparison(
        old,
        new,
        limits,
        tuple(sorted(cases, key=_severity)),
        matched.added,
        matched.removed,
        None if baselines is None or after.machine.emulated else _baseline_change(baselines, old, new, limits),
        care,
    )


def _care(old: Run, new: Run, *, has_baseline: bool) -> str:
    """Return why only a large change of latency counts; "" if there is no such reason."""
    reasons = [
        f"{which} was disturbed ({', '.join(kinds)})"
        for which, run in (("OLD", old), ("NEW", new))
        if (kinds := [warning.kind for warning in run.findings.warnings if warning.is_disturbance])
    ]
    if not has_baseline:
        reasons.append("the runs have no common baseline")
    if min(run.findings.result.settings.processes for run in (old, new)) == 1:
        reasons.append("one process per case does not show how processes vary")
    return " and ".join(reasons)


def _case_change(pair: tuple[CaseResult, CaseResult], old: Run, new: Run, limits: Tolerance, care: str) -> CaseChange:
    was, now = pair
    before, after = (_summary(change, run) for change, run in ((was, old), (now, new)))
    if before is None or after is None:
        failure = now.error or "it was not measured" if before is not None else None
        return CaseChange(now.case, before, after, failure, None, None, is_bigger=False)
    images = old.findings.result.images, new.findings.result.images
    return CaseChange(
        now.case,
        before,
        after,
        None,
        _latency((before, after), (old, new), limits, care),
        accuracy_change(before.raw, after.raw, images, limits.drop),
        is_bigger=limits.bigger is not None and after.raw.size_bytes > (1 + limits.bigger) * before.raw.size_bytes,
    )


def _summary(case: CaseResult, run: Run) -> Summary | None:
    return next((summary for summary in run.findings.summaries if summary.case == case.case), None)


def _latency(
    summaries: tuple[Summary, Summary], runs: tuple[Run, Run], limits: Tolerance, care: str
) -> LatencyChange | None:
    old, new = runs
    if new.findings.result.machine.emulated:
        return None
    baselines = common_baseline(old.findings.result, new.findings.result)
    if baselines is not None and summaries[1].case == baselines[1].case:
        return _baseline_change(baselines, old, new, limits)
    was, now = (
        CaseInRun(
            summary.raw, references(run.findings.result) if baselines is not None else (), run.findings.noise_floor
        )
        for summary, run in zip(summaries, runs, strict=True)
    )
    return latency_change(was, now, limits, care)


def _baseline_change(
    baselines: tuple[CaseResult, CaseResult], old: Run, new: Run, limits: Tolerance
) -> LatencyChange | None:
    """Return how the baseline's own latency changed; None if it was not measured."""
    was, now = baselines[0].raw, baselines[1].raw
    if was is None or now is None:
        return None
    before, after = (CaseInRun(raw, (), run.findings.noise_floor) for raw, run in ((was, old), (now, new)))
    return baseline_change(before, after, limits)


def _severity(change: CaseChange) -> tuple[bool, bool, bool, float, str]:
    """Return a sort key that puts the worst first: failed, worse, unknown, then by the change of latency."""
    ratio = change.latency.shown.value if change.latency is not None else 1.0
    return (change.failure is None, not change.regressions, not change.unknowns, -ratio, change.case.name)
