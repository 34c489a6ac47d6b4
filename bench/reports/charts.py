"""The charts of a run. Cases have the same numbers and names as in the tables, which show the same figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgecnn.bench.case import Role
from edgecnn.bench.reports.formatting import micros, millis, percent
from edgecnn.bench.result import STAGES
from edgecnn.reporting.blocks import Chart
from edgecnn.reporting.drawing import INK, PANEL, SERIES, SOFT, label_logarithmic, shortened

if TYPE_CHECKING:
    from edgecnn.bench.findings import Findings
    from edgecnn.bench.summary import Summary

_NEAR_DECADES, _NEAR_SHARE = 0.08, 0.01
"""The numbers of points that are nearer than this in both directions would overlap."""
_ROW = 0.4
"""The height of a row with a name above it, in inches."""
_BESIDE_ROWS = 0.12


def accuracy_against_latency(findings: Findings) -> Chart | None:
    """Return top-1 against the median latency, with intervals and the Pareto front; None without labels."""
    shown = [
        (number, summary)
        for number, summary in enumerate(findings.summaries, 1)
        if summary.accuracy and summary.case.role not in {Role.TWIN, Role.REFERENCE}
    ]
    if not shown:
        return None

    def paint(figure: Any) -> None:
        axes = figure.subplots()
        latencies = [summary.latency.p50.value * 1e6 for _, summary in shown]
        low, high = min(latencies) / 1.5, max(latencies) * 1.5
        front = sorted(
            (summary.latency.p50.value * 1e6, 100 * summary.accuracy.top1.value)
            for _, summary in shown
            if summary.accuracy and summary.case.name in findings.pareto
        )
        if front:
            ends = [*(x for x, _ in front), high]
            axes.step(ends, [*(y for _, y in front), front[-1][1]], where="post", color=SOFT, linestyle="--", zorder=1)
        for (number, summary), lift in zip(shown, _lifts([summary for _, summary in shown]), strict=True):
            _point(axes, number, summary, lift)
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        label_logarithmic(axes.xaxis, low, high)
        axes.set_xlabel("median latency of one image, µs (left is better)")
        axes.set_ylabel(f"{findings.accuracy_name}, % (up is better)")

    best = ", ".join(shortened(name) for name in findings.pareto)
    told = "; ".join(
        f"{number}: {shortened(summary.case.name)}, {micros(summary.latency.p50.value)} µs, "
        f"{percent(summary.accuracy.top1.value)} %"
        for number, summary in shown
        if summary.accuracy
    )
    return Chart(
        "scatter",
        "Accuracy against latency",
        f"Scatter plot of {findings.accuracy_name} against median latency, with 95 % intervals. {told}. "
        f"Pareto front: {best or 'none'}.",
        paint,
        height=3.2,
        legend=_legend([summary for _, summary in shown]),
    )


def _lifts(shown: list[Summary]) -> list[int]:
    """Return how many lines to raise each number so that it does not cover a neighbour's."""
    placed: list[tuple[float, float, int]] = []
    for summary in shown:
        assert summary.accuracy is not None
        x, y = np.log10(summary.latency.p50.value), summary.accuracy.top1.value
        used = {lift for left, low, lift in placed if abs(left - x) < _NEAR_DECADES and abs(low - y) < _NEAR_SHARE}
        placed.append((x, y, next(lift for lift in range(len(shown)) if lift not in used)))
    return [lift for _, _, lift in placed]


def _point(axes: Any, number: int, summary: Summary, lift: int) -> None:
    assert summary.accuracy is not None
    p50, top1, colour = summary.latency.p50, summary.accuracy.top1, SERIES[summary.case.precision.colour - 1]
    axes.errorbar(
        p50.value * 1e6,
        100 * top1.value,
        xerr=[[1e6 * max(0.0, p50.value - p50.low)], [1e6 * max(0.0, p50.high - p50.value)]],
        yerr=[[100 * (top1.value - top1.low)], [100 * (top1.high - top1.value)]],
        color=colour,
        linewidth=1,
        marker="s" if summary.case.role is Role.BASELINE else "o",
        markersize=7,
        markeredgecolor=PANEL,
        zorder=3,
    )
    axes.annotate(
        str(number),
        (p50.value * 1e6, 100 * top1.value),
        (4, 4 + 9 * lift),
        textcoords="offset points",
        color=colour,
        fontweight="bold",
        zorder=4,
    )


def distributions(findings: Findings) -> Chart:
    """Return the distributions of latencies in the tight loop, one row per case, on one logarithmic axis."""
    shown = findings.summaries

    def paint(figure: Any) -> None:
        samples = [_samples(summary) for summary in shown]
        low = min(float(calls.min()) for calls in samples) / 1.1
        high = max(float(np.quantile(calls, 0.995)) for calls in samples) * 1.1
        edges = np.geomspace(low, high, 121)
        axes = figure.subplots()
        for row, (summary, calls) in enumerate(zip(shown, samples, strict=True)):
            base, colour = float(-row), SERIES[summary.case.precision.colour - 1]
            counts = np.histogram(calls, edges)[0].astype(float)
            smooth = np.convolve(counts, (0.25, 0.5, 0.25), mode="same")
            axes.fill_between(
                edges[:-1], base, base + 0.55 * smooth / smooth.max(), color=colour, alpha=0.75, linewidth=0
            )
            middle, late = summary.latency.p50.value * 1e6, summary.latency.p90.value * 1e6
            axes.plot([middle, middle], [base - 0.06, base + 0.55], color=INK, linewidth=1.2)
            axes.plot([late, late], [base - 0.06, base + 0.3], color=INK, linewidth=0.8, linestyle=":")
            axes.annotate(
                shortened(summary.case.name), (0, base + 0.62), xycoords=("axes fraction", "data"), fontsize=7.5
            )
        _rows(axes, len(shown))
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        label_logarithmic(axes.xaxis, low, high)
        axes.set_xlabel("latency of one image, µs; line: p50, dots: p90")

    told = "; ".join(
        f"{shortened(summary.case.name)}: p50 {micros(summary.latency.p50.value)}, "
        f"p90 {micros(summary.latency.p90.value)}, p99 {micros(summary.latency.p99)}"
        for summary in shown
    )
    return Chart(
        "distributions",
        "Distribution of latencies in the tight loop",
        f"Histograms of all single calls on a logarithmic axis in microseconds, one row per case. {told}.",
        paint,
        height=0.65 + _ROW * len(shown),
        left=_BESIDE_ROWS,
        legend=_legend(shown),
    )


def stages(findings: Findings) -> Chart | None:
    """Return the stages from an encoded picture to probabilities as stacked bars; None if none were measured."""
    shown = [
        (summary, summary.end_to_end)
        for summary in findings.summaries
        if summary.end_to_end and summary.case.role not in {Role.TWIN, Role.REFERENCE}
    ]
    if not shown:
        return None

    def paint(figure: Any) -> None:
        axes = figure.subplots()
        for row, (summary, end_to_end) in enumerate(shown):
            left = 0.0
            for number, seconds in enumerate(end_to_end.stages):
                axes.barh(-row, seconds * 1e3, 0.34, left, color=SERIES[number], edgecolor=PANEL, linewidth=0.4)
                left += seconds * 1e3
            axes.annotate(
                shortened(summary.case.name), (0, -row + 0.26), xycoords=("axes fraction", "data"), fontsize=7.5
            )
        _rows(axes, len(shown))
        axes.set_xlabel("median of each stage, ms")

    told = "; ".join(
        f"{shortened(summary.case.name)}: "
        + ", ".join(f"{name} {millis(value)}" for name, value in zip(STAGES, end_to_end.stages, strict=True))
        for summary, end_to_end in shown
    )
    return Chart(
        "stage-bars",
        "From an encoded picture to probabilities",
        f"Stacked bars of the median of each stage, in milliseconds. {told}.",
        paint,
        height=0.65 + _ROW * len(shown),
        left=_BESIDE_ROWS,
        legend=tuple((name, number) for number, name in enumerate(STAGES, 1)),
    )


def _samples(summary: Summary) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the latencies of all single calls of a case, in microseconds."""
    parts = [samples for process in summary.raw.processes for samples in process.rounds_ns]
    return np.array([sample for part in parts for sample in part], np.float64) / 1e3


def _rows(axes: Any, count: int) -> None:
    axes.set_ylim(-count + 0.7, 1.05)
    axes.set_yticks([])
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)


def _legend(shown: tuple[Summary, ...] | list[Summary]) -> tuple[tuple[str, int], ...]:
    """Return the precisions of the cases, with their colours."""
    colours = {summary.case.precision.value: summary.case.precision.colour for summary in shown}
    return tuple(sorted(colours.items(), key=lambda item: item[1]))
