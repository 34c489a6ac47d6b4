"""The sentences of a comparison, the same in every report format."""

from __future__ import annotations

from edgecnn.bench.compare.comparison import CaseChange, Comparison, Run
from edgecnn.bench.compare.latency import LatencyOutcome
from edgecnn.bench.compare.runs import ComparedRuns, deployed
from edgecnn.bench.reports.formatting import count_of
from edgecnn.bench.result import Result
from edgecnn.intervals import Interval
from edgecnn.limits import Outcome

METHOD = (
    "A case is called slower where its ratio to the baseline of the same run grew by more than the limit, with the "
    "95 % interval above 1, and its own latency grew too, by more than half the limit. Intervals are from a bootstrap "
    "over processes and rounds of each run; that of the ratio is widened by the noise floors of both runs. Where a run "
    "was disturbed, or no baseline accounts for the machine, both whole intervals must lie beyond twice the limit. "
    "Accuracy is compared on the same images, with Agresti and Min's interval."
)
_MOST_NAMED = 3


def headline(compared: ComparedRuns) -> tuple[str, ...]:
    """Return the conclusion of each comparison, or a sentence that nothing was compared."""
    if compared.comparisons:
        return tuple(_conclusion(comparison) for comparison in compared.comparisons)
    return (f"{len(compared.devices)} runs side by side; nothing was compared as a regression.",)


def _conclusion(comparison: Comparison) -> str:
    cases = comparison.cases
    runs, all_cases = f"from {comparison.old.name} to {comparison.new.name}", count_of(len(cases), "case")
    worse = [change for change in cases if change.regressions]
    if worse:
        words = "; ".join(f"{change.case.name}: {outcome_words(change)}" for change in worse[:_MOST_NAMED])
        more = f"; and {len(worse) - _MOST_NAMED} more" if len(worse) > _MOST_NAMED else ""
        return f"Regression {runs} in {len(worse)} of {all_cases}: {words}{more}."
    unknown = sum(bool(change.unknowns) for change in cases)
    told = f"{len(cases) - unknown} of {all_cases} not worse"
    if not unknown:
        return f"No regression {runs}: {told}."
    because = f", because {comparison.care}" if comparison.care else ""
    return f"No regression shown {runs}: {told}, {unknown} cannot be told{because}."


def outcome_words(change: CaseChange) -> str:
    """Return the outcome of a case: "slower, less accurate", "cannot tell latency", "faster", "not worse"."""
    if change.failure is not None:
        return f"failed: {change.failure}"
    if change.old is None or change.new is None:
        return "failed before, works now" if change.new is not None else "failed in both"
    unknown = f"cannot tell {' and '.join(change.unknowns)}" if change.unknowns else ""
    if change.regressions:
        return ", ".join([*change.regressions, *([unknown] if unknown else [])])
    if unknown:
        return unknown
    return "faster" if change.latency is not None and change.latency.outcome is LatencyOutcome.FASTER else "not worse"


def notes(comparison: Comparison) -> tuple[str, ...]:
    """Return what a reader must know besides the tables, one point each."""
    return (
        *_verdicts(comparison),
        *_machine(comparison),
        *_why(comparison),
        *(f"Only in NEW: {name}." for name in comparison.added),
        *(f"Only in OLD: {name}." for name in comparison.removed),
        *_changed(comparison.old.findings.result, comparison.new.findings.result),
        *_disturbances("OLD", comparison.old),
        *_disturbances("NEW", comparison.new),
    )


def times(ratio: Interval) -> str:
    """Return a ratio with its interval, with three decimal places, because a change of 1 % must show."""
    return f"{ratio.value:.3f} ({ratio.low:.3f}–{ratio.high:.3f})"


def limits(comparison: Comparison) -> str:
    """Return a sentence about the limits."""
    limit = comparison.limits
    bigger = "" if limit.bigger is None else f", {100 * limit.bigger:g} % of a file's size"
    accuracy = comparison.new.findings.accuracy_name
    return f"Limits: {100 * limit.slower:g} % of a latency, {limit.drop:g} points of {accuracy}{bigger}."


def _verdicts(comparison: Comparison) -> list[str]:
    was, now = deployed(comparison.old.findings), deployed(comparison.new.findings)
    before, after = (case.name if case is not None else "none" for case in (was, now))
    if before == after:
        return [f"The verdict is the same: deploy {after}."]
    return [f"The verdict changed: deploy {before} → deploy {after}."]


def _machine(comparison: Comparison) -> list[str]:
    if comparison.new.findings.result.machine.emulated:
        return ["The processor is emulated: no latency was compared."]
    if comparison.baseline is None:
        return [
            "The runs have no common baseline (the same file on the same version of the same runtime): latencies are "
            "compared directly, including any change of the machine."
        ]
    floors = " and ".join(
        "unknown" if run.findings.a_a is None else f"{100 * run.findings.noise_floor:.1f} %"
        for run in (comparison.old, comparison.new)
    )
    return [
        f"The baseline's own latency is {times(comparison.baseline.own)} times OLD's; ratios remove this change. "
        f"Noise floors: {floors}."
    ]


def _why(comparison: Comparison) -> list[str]:
    by_reason: dict[str, list[str]] = {}
    for change in comparison.cases:
        if change.latency is not None and change.latency.why:
            word = change.latency.outcome.value
            by_reason.setdefault(f"{word}, {change.latency.why}", []).append(change.case.name)
        if change.accuracy is not None and change.accuracy.outcome is Outcome.TOO_FEW_IMAGES:
            by_reason.setdefault("accuracy, too few images to tell", []).append(change.case.name)
    return [f"{', '.join(names)}: {reason}." for reason, names in by_reason.items()]


def _changed(old: Result, new: Result) -> list[str]:
    versions = [
        f"{name} {old.versions.get(name, 'absent')} → {new.versions.get(name, 'absent')}"
        for name in sorted(old.versions.keys() | new.versions.keys())
        if old.versions.get(name) != new.versions.get(name)
    ]
    lines = [f"Versions that changed: {', '.join(versions)}."] if versions else []
    if old.images.sha256 != new.images.sha256:
        was, now = (f"{result.images.count:,} of {result.images.data}" for result in (old, new))
        lines.append(
            f"The images differ ({was}; {now}): differences of accuracy are not paired, and not a fault of any file."
        )
    elif old.images.labels is None and new.images.labels is None:
        lines.append("The images have no labels: only the share of same answers is known.")
    if old.settings != new.settings:
        lines.append("The runs were made with different settings.")
    return lines + [
        f"{which} was stopped before its end."
        for which, result in (("OLD", old), ("NEW", new))
        if not result.is_complete
    ]


def _disturbances(which: str, run: Run) -> list[str]:
    return [
        f"{which} was disturbed: {warning.what}; {warning.advice}."
        for warning in run.findings.warnings
        if warning.is_disturbance
    ]
