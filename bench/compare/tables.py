"""The tables of a comparison, the same on the screen and in every report."""

from __future__ import annotations

from collections.abc import Callable

from edgecnn.bench.case import Case, Role
from edgecnn.bench.compare.comparison import CaseChange, Comparison, Run
from edgecnn.bench.compare.match import file_name
from edgecnn.bench.compare.runs import deployed
from edgecnn.bench.compare.words import outcome_words, times
from edgecnn.bench.reports.formatting import UNKNOWN, count_of, megabytes, micros, millis, percent, points_interval
from edgecnn.bench.summary import Summary
from edgecnn.reporting.blocks import Table


def changes(comparison: Comparison) -> Table:
    """Return the figures that were judged, the worst case first."""
    accuracy = comparison.new.findings.accuracy_name
    return Table(
        "changes",
        "What changed",
        ("case", "found", "p50 OLD, µs", "p50 NEW, µs", "× OLD (95 %)", f"{accuracy}, points (95 %)"),
        tuple(
            (
                change.case.name,
                outcome_words(change),
                *(_of(run, _p50) if change.latency is not None else UNKNOWN for run in (change.old, change.new)),
                times(change.latency.shown) if change.latency is not None else UNKNOWN,
                _accuracy(change),
            )
            for change in comparison.cases
        ),
        texts=2,
    )


def details(comparison: Comparison) -> Table:
    """Return the figures that were not judged, OLD → NEW: cold start, memory, size and throughput."""
    emulated = comparison.new.findings.result.machine.emulated
    figures = tuple((name, tell) for name, is_time, tell in _DETAILS if not (is_time and emulated))
    return Table(
        "details",
        "Other figures, OLD → NEW",
        ("case", "own latency, × OLD (95 %)", *(name for name, _ in figures)),
        tuple(
            (
                change.case.name,
                times(change.latency.own) if change.latency is not None else UNKNOWN,
                *(f"{_of(change.old, tell)} → {_of(change.new, tell)}" for _, tell in figures),
            )
            for change in comparison.cases
        ),
    )


def devices(runs: tuple[Run, ...]) -> Table:
    """Return one column per device: p50, speed-up over the baseline of its own run, and top-1 of each case.

    Latencies of emulated processors are omitted.
    """
    baselines = ("baseline", *(_baseline(run) for run in runs))
    keys = dict.fromkeys(
        _device_key(summary.case) for run in runs for summary in run.findings.summaries if summary.case.is_artifact
    )
    return Table(
        "devices",
        f"Devices: p50, times faster than the device's own baseline, {runs[0].findings.accuracy_name}",
        ("case", *(device_name(run) for run in runs)),
        (
            *((key, *(_cell(key, run) for run in runs)) for key in keys),
            baselines,
            ("verdict", *(_verdict(run) for run in runs)),
        ),
    )


def device_name(run: Run) -> str:
    """Return the heading of a device's column: board or processor, and the run's name."""
    machine = run.findings.result.machine
    name = machine.model or machine.cpu or machine.architecture
    emulated = ", EMULATED" if machine.emulated else ""
    disturbed = ", disturbed" if run.findings.is_disturbed and not machine.emulated else ""
    return f"{name}, {machine.cores} cores{emulated}{disturbed} ({run.name})"


def _of(summary: Summary | None, tell: Callable[[Summary], str]) -> str:
    return UNKNOWN if summary is None else tell(summary)


def _p50(summary: Summary) -> str:
    return micros(summary.latency.p50.value)


_DETAILS: tuple[tuple[str, bool, Callable[[Summary], str]], ...] = (
    ("p90, µs", True, lambda summary: micros(summary.latency.p90.value)),
    ("cold start, ms", True, lambda summary: millis(summary.cold.total.value)),
    ("images/s", True, lambda summary: f"{summary.best_throughput.images_per_second:,.0f}"),
    ("peak, MB", False, lambda summary: megabytes(summary.memory.peak)),
    ("file, MB", False, lambda summary: megabytes(summary.raw.size_bytes)),
)
"""Name, whether it is a time (meaningless on an emulated processor), and the figure."""


def _accuracy(change: CaseChange) -> str:
    accuracy = change.accuracy
    if accuracy is None:
        return UNKNOWN
    if accuracy.difference is None:
        return f"{percent(accuracy.agreement or 0.0)} % same answers"
    paired = f", {accuracy.lost} lost, {accuracy.gained} gained" if accuracy.lost is not None else ", other images"
    return points_interval(accuracy.difference) + paired


def _device_key(case: Case) -> str:
    threads = count_of(case.threads, "thread")
    return f"{file_name(case)} on {case.backend}, {case.precision.value}, {threads}"


def _cell(key: str, run: Run) -> str:
    summary = next(
        (
            summary
            for summary in run.findings.summaries
            if summary.case.is_artifact and _device_key(summary.case) == key
        ),
        None,
    )
    if summary is None:
        failed = any(_device_key(case.case) == key for case in run.findings.result.cases if case.error is not None)
        return "failed" if failed else UNKNOWN
    top1 = f"{percent(summary.accuracy.top1.value)} %" if summary.accuracy is not None else UNKNOWN
    if run.findings.result.machine.emulated:
        return f"emulated, {top1}"
    speedup = summary.latency.speedup
    return ", ".join([f"{_p50(summary)} µs", *([f"× {speedup.value:.2f}"] if speedup is not None else []), top1])


def _baseline(run: Run) -> str:
    summary = next((summary for summary in run.findings.summaries if summary.case.role is Role.BASELINE), None)
    if summary is None:
        return UNKNOWN
    return summary.case.name if run.findings.result.machine.emulated else f"{summary.case.name}, {_p50(summary)} µs"


def _verdict(run: Run) -> str:
    case = deployed(run.findings)
    if run.findings.result.machine.emulated:
        return "none: emulated"
    return f"deploy {case.name}" if case is not None else "deploy none"
