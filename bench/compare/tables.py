"""The tables of a comparison, as text; the screen and every report show these."""

from __future__ import annotations

from collections.abc import Callable

from edgecnn.bench.case import Case, Role
from edgecnn.bench.compare.comparison import CaseChange, Comparison, Run
from edgecnn.bench.compare.match import file_name
from edgecnn.bench.compare.runs import deployed
from edgecnn.bench.compare.words import found, times
from edgecnn.bench.reports.formatting import UNKNOWN, count_of, megabytes, micros, millis, percent, points_interval
from edgecnn.bench.summary import Summary
from edgecnn.reporting.document import Table


def changes(comparison: Comparison) -> Table:
    """Return what was judged, the worst case first."""
    return Table(
        "changes",
        "What changed",
        ("case", "found", "p50 OLD, µs", "p50 NEW, µs", "× OLD (95 %)", "top-1, points (95 %)"),
        tuple(
            (
                one.case.name,
                found(one),
                *(_of(run, _p50) if one.latency is not None else UNKNOWN for run in (one.old, one.new)),
                times(one.latency.shown) if one.latency is not None else UNKNOWN,
                _accuracy(one),
            )
            for one in comparison.cases
        ),
        texts=2,
    )


def details(comparison: Comparison) -> Table:
    """Return what was not judged: cold start, memory, size and throughput, OLD → NEW."""
    emulated = comparison.new.findings.result.machine.emulated
    figures = tuple((name, tell) for name, is_time, tell in _DETAILS if not (is_time and emulated))
    return Table(
        "details",
        "Other figures, OLD → NEW",
        ("case", "latency as it is, × OLD (95 %)", *(name for name, _ in figures)),
        tuple(
            (
                one.case.name,
                times(one.latency.own) if one.latency is not None else UNKNOWN,
                *(f"{_of(one.old, tell)} → {_of(one.new, tell)}" for _, tell in figures),
            )
            for one in comparison.cases
        ),
    )


def devices(runs: tuple[Run, ...]) -> Table:
    """Return one column a device: p50, speed-up over the baseline of its own run, and top-1 of each case.

    No latency of an emulated processor is among them.
    """
    baselines = ("baseline", *(_baseline(run) for run in runs))
    keys = dict.fromkeys(
        _device_key(one.case) for run in runs for one in run.findings.summaries if one.case.is_artifact
    )
    return Table(
        "devices",
        "Devices: p50, times faster than the device's own baseline, top-1",
        ("case", *(device_name(run) for run in runs)),
        (
            *((key, *(_cell(key, run) for run in runs)) for key in keys),
            baselines,
            ("verdict", *(_verdict(run) for run in runs)),
        ),
    )


def device_name(run: Run) -> str:
    """Return what a device is called at the head of its column: board or processor, and the run's name."""
    machine = run.findings.result.machine
    name = machine.model or machine.cpu or machine.architecture
    emulated = ", EMULATED" if machine.emulated else ""
    disturbed = ", disturbed" if run.findings.is_disturbed and not machine.emulated else ""
    return f"{name}, {machine.cores} cores{emulated}{disturbed} ({run.name})"


def _of(summary: Summary | None, tell: Callable[[Summary], str]) -> str:
    return UNKNOWN if summary is None else tell(summary)


def _p50(one: Summary) -> str:
    return micros(one.latency.p50.value)


_DETAILS: tuple[tuple[str, bool, Callable[[Summary], str]], ...] = (
    ("p90, µs", True, lambda one: micros(one.latency.p90.value)),
    ("cold start, ms", True, lambda one: millis(one.cold.total.value)),
    ("images/s", True, lambda one: f"{one.best_throughput.images_per_second:,.0f}"),
    ("peak, MB", False, lambda one: megabytes(one.memory.peak)),
    ("file, MB", False, lambda one: megabytes(one.raw.size_bytes)),
)
"""Name, whether it is a time, which an emulated processor says nothing about, and the figure."""


def _accuracy(one: CaseChange) -> str:
    change = one.accuracy
    if change is None:
        return UNKNOWN
    if change.difference is None:
        return f"{percent(change.agreement or 0.0)} % same answers"
    paired = f", {change.lost} lost, {change.gained} gained" if change.lost is not None else ", other images"
    return points_interval(change.difference) + paired


def _device_key(case: Case) -> str:
    threads = count_of(case.threads, "thread")
    return f"{file_name(case)} on {case.backend}, {case.precision.value}, {threads}"


def _cell(key: str, run: Run) -> str:
    one = next((one for one in run.findings.summaries if one.case.is_artifact and _device_key(one.case) == key), None)
    if one is None:
        failed = any(_device_key(case.case) == key for case in run.findings.result.cases if case.error is not None)
        return "failed" if failed else UNKNOWN
    top1 = f"{percent(one.accuracy.top1.value)} %" if one.accuracy is not None else UNKNOWN
    if run.findings.result.machine.emulated:
        return f"emulated, {top1}"
    speedup = one.latency.speedup
    return ", ".join([f"{_p50(one)} µs", *([f"× {speedup.value:.2f}"] if speedup is not None else []), top1])


def _baseline(run: Run) -> str:
    one = next((one for one in run.findings.summaries if one.case.role is Role.BASELINE), None)
    if one is None:
        return UNKNOWN
    return one.case.name if run.findings.result.machine.emulated else f"{one.case.name}, {_p50(one)} µs"


def _verdict(run: Run) -> str:
    case = deployed(run.findings)
    if run.findings.result.machine.emulated:
        return "none: emulated"
    return f"deploy {case.name}" if case is not None else "deploy none"
