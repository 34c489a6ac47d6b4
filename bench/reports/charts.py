"""The charts of a run. Each is numbered or named as the tables are, and what it shows stands in a table as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgecnn.bench.case import Role
from edgecnn.bench.reports.formatting import micros, millis, percent
from edgecnn.bench.result import STAGES
from edgecnn.reporting.document import Chart
from edgecnn.reporting.drawing import INK, PANEL, SERIES, SOFT, label_logarithmic, shortened

if TYPE_CHECKING:
    from edgecnn.bench.findings import Findings
    from edgecnn.bench.summary import Summary

_NEAR_DECADES, _NEAR_SHARE = 0.08, 0.01
"""Points nearer than that in both directions have numbers that would cover each other."""
_ROW = 0.4
"""Inches of a row with a name above it."""
_BESIDE_ROWS = 0.12


def accuracy_against_latency(findings: Findings) -> Chart | None:
    """Return top-1 against the median latency, with intervals and the Pareto front; None without labels."""
    shown = [
        (number, one)
        for number, one in enumerate(findings.summaries, 1)
        if one.accuracy and one.case.role not in {Role.TWIN, Role.REFERENCE}
    ]
    if not shown:
        return None

    def paint(figure: Any) -> None:
        axes = figure.subplots()
        latencies = [one.latency.p50.value * 1e6 for _, one in shown]
        low, high = min(latencies) / 1.5, max(latencies) * 1.5
        front = sorted(
            (one.latency.p50.value * 1e6, 100 * one.accuracy.top1.value)
            for _, one in shown
            if one.accuracy and one.case.name in findings.pareto
        )
        if front:
            ends = [*(x for x, _ in front), high]
            axes.step(ends, [*(y for _, y in front), front[-1][1]], where="post", color=SOFT, linestyle="--", zorder=1)
        for (number, one), lift in zip(shown, _lifts([one for _, one in shown]), strict=True):
            _point(axes, number, one, lift)
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        label_logarithmic(axes.xaxis, low, high)
        axes.set_xlabel("median latency of one image, µs (left is better)")
        axes.set_ylabel("top-1, % (up is better)")

    best = ", ".join(shortened(name) for name in findings.pareto)
    told = "; ".join(
        f"{number}: {shortened(one.case.name)}, {micros(one.latency.p50.value)} µs, "
        f"{percent(one.accuracy.top1.value)} %"
        for number, one in shown
        if one.accuracy
    )
    return Chart(
        "scatter",
        "Accuracy against latency",
        f"Scatter plot of top-1 against median latency, with 95 % intervals. {told}. Pareto front: {best or 'none'}.",
        paint,
        height=3.2,
        legend=_legend([one for _, one in shown]),
    )


def _lifts(shown: list[Summary]) -> list[int]:
    """Return how many lines each number has to stand higher, so that it does not cover that of a neighbour."""
    placed: list[tuple[float, float, int]] = []
    for one in shown:
        assert one.accuracy is not None
        x, y = np.log10(one.latency.p50.value), one.accuracy.top1.value
        taken = {lift for left, low, lift in placed if abs(left - x) < _NEAR_DECADES and abs(low - y) < _NEAR_SHARE}
        placed.append((x, y, next(lift for lift in range(len(shown)) if lift not in taken)))
    return [lift for _, _, lift in placed]


def _point(axes: Any, number: int, one: Summary, lift: int) -> None:
    assert one.accuracy is not None
    p50, top1, colour = one.latency.p50, one.accuracy.top1, SERIES[one.case.precision.colour - 1]
    axes.errorbar(
        p50.value * 1e6,
        100 * top1.value,
        xerr=[[1e6 * max(0.0, p50.value - p50.low)], [1e6 * max(0.0, p50.high - p50.value)]],
        yerr=[[100 * (top1.value - top1.low)], [100 * (top1.high - top1.value)]],
        color=colour,
        linewidth=1,
        marker="s" if one.case.role is Role.BASELINE else "o",
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
    """Return how latencies of the tight loop are distributed, a row a case, on one logarithmic axis."""
    shown = findings.summaries

    def paint(figure: Any) -> None:
        samples = [_samples(one) for one in shown]
        low = min(float(each.min()) for each in samples) / 1.1
        high = max(float(np.quantile(each, 0.995)) for each in samples) * 1.1
        edges = np.geomspace(low, high, 121)
        axes = figure.subplots()
        for row, (one, each) in enumerate(zip(shown, samples, strict=True)):
            base, colour = float(-row), SERIES[one.case.precision.colour - 1]
            counts = np.histogram(each, edges)[0].astype(float)
            smooth = np.convolve(counts, (0.25, 0.5, 0.25), mode="same")
            axes.fill_between(
                edges[:-1], base, base + 0.55 * smooth / smooth.max(), color=colour, alpha=0.75, linewidth=0
            )
            middle, late = one.latency.p50.value * 1e6, one.latency.p90.value * 1e6
            axes.plot([middle, middle], [base - 0.06, base + 0.55], color=INK, linewidth=1.2)
            axes.plot([late, late], [base - 0.06, base + 0.3], color=INK, linewidth=0.8, linestyle=":")
            axes.annotate(shortened(one.case.name), (0, base + 0.62), xycoords=("axes fraction", "data"), fontsize=7.5)
        _rows(axes, len(shown))
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        label_logarithmic(axes.xaxis, low, high)
        axes.set_xlabel("latency of one image, µs; line: p50, dots: p90")

    told = "; ".join(
        f"{shortened(one.case.name)}: p50 {micros(one.latency.p50.value)}, p90 {micros(one.latency.p90.value)}, "
        f"p99 {micros(one.latency.p99)}"
        for one in shown
    )
    return Chart(
        "distributions",
        "Distribution of latencies in the tight loop",
        f"Histograms of all single calls on a logarithmic axis of microseconds, a row a case. {told}.",
        paint,
        height=0.65 + _ROW * len(shown),
        left=_BESIDE_ROWS,
        legend=_legend(shown),
    )


def stages(findings: Findings) -> Chart | None:
    """Return the stages from an encoded picture to probabilities as stacked bars; None where none were measured."""
    shown = [
        (one, one.end_to_end)
        for one in findings.summaries
        if one.end_to_end and one.case.role not in {Role.TWIN, Role.REFERENCE}
    ]
    if not shown:
        return None

    def paint(figure: Any) -> None:
        axes = figure.subplots()
        for row, (one, found) in enumerate(shown):
            left = 0.0
            for number, seconds in enumerate(found.stages):
                axes.barh(-row, seconds * 1e3, 0.34, left, color=SERIES[number], edgecolor=PANEL, linewidth=0.4)
                left += seconds * 1e3
            axes.annotate(shortened(one.case.name), (0, -row + 0.26), xycoords=("axes fraction", "data"), fontsize=7.5)
        _rows(axes, len(shown))
        axes.set_xlabel("median of each stage, ms")

    told = "; ".join(
        f"{shortened(one.case.name)}: "
        + ", ".join(f"{name} {millis(value)}" for name, value in zip(STAGES, found.stages, strict=True))
        for one, found in shown
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


def _samples(one: Summary) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return all single calls of a case, in microseconds."""
    parts = [samples for process in one.raw.processes for samples in process.rounds_ns]
    return np.array([sample for part in parts for sample in part], np.float64) / 1e3


def _rows(axes: Any, count: int) -> None:
    axes.set_ylim(-count + 0.7, 1.05)
    axes.set_yticks([])
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)


def _legend(shown: tuple[Summary, ...] | list[Summary]) -> tuple[tuple[str, int], ...]:
    """Return the precisions that are there, with their colours."""
    found = {one.case.precision.value: one.case.precision.colour for one in shown}
    return tuple(sorted(found.items(), key=lambda item: item[1]))
