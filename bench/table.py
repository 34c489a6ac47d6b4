"""The tables of the comparison, as text; the screen and every report show these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edgecnn.bench.result import CaseResult, Result
from edgecnn.bench.summary import Summary, summarise
from edgecnn.statistics import Interval


@dataclass(frozen=True, slots=True)
class Table:
    """A title, column heads, and rows of text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(result: Result) -> tuple[Table, ...]:
    """Return the tables of a run, one row for each case; a failed case says why."""

    def table(title: str, columns: tuple[str, ...], cells: Callable[[Summary], tuple[str, ...]]) -> Table:
        summaries = iter(summarise(result))  # of those that did not fail, in the same order
        rows = [
            (_name(one), *cells(next(summaries))) if one.raw else _failed(one, len(columns)) for one in result.cases
        ]
        return Table(title, ("case", *columns), tuple(rows))

    return (
        table(
            "Accuracy and size",
            ("top-1 (95 %)", "points to baseline (95 %)", "same answer", "file MB"),
            _accuracy_cells,
        ),
        table(
            "Latency of one image, throughput, memory",
            ("p50 µs", "p90 µs", "p99 µs", "mean µs", "× baseline", "images/s", "load ms", "first ms", "peak MB"),
            _latency_cells,
        ),
    )


def _name(one: CaseResult) -> str:
    return one.case.name + (" (baseline)" if one.case.is_baseline else "")


def _accuracy_cells(one: Summary) -> tuple[str, ...]:
    accuracy = one.accuracy
    return (
        _percent(accuracy.top1) if accuracy else "",
        _points(accuracy.difference) if accuracy and accuracy.difference else "",
        f"{accuracy.agreement:.1%}" if accuracy and accuracy.agreement is not None else "",
        f"{one.raw.size_bytes / 1e6:.2f}",
    )


def _latency_cells(one: Summary) -> tuple[str, ...]:
    latency, raw = one.latency, one.raw
    return (
        *(f"{seconds * 1e6:,.0f}" for seconds in (latency.p50, latency.p90, latency.p99, latency.mean)),
        f"{latency.speedup.value:.2f}" if latency.speedup else "",
        f"{one.throughput:,.0f}",
        f"{raw.load_seconds * 1e3:.1f}",
        f"{raw.first_seconds * 1e3:.2f}",
        f"{raw.peak_memory_bytes / 1e6:.0f}" if raw.peak_memory_bytes else "",
    )


def _failed(one: CaseResult, columns: int) -> tuple[str, ...]:
    return (one.case.name, f"failed: {one.error}", *("" for _ in range(columns - 1)))


def _percent(interval: Interval) -> str:
    return f"{interval.value:.1%} ({100 * interval.low:.1f}–{100 * interval.high:.1f})"


def _points(interval: Interval) -> str:
    return f"{100 * interval.value:+.2f} ({100 * interval.low:+.2f} to {100 * interval.high:+.2f})"
