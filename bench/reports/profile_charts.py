"""Rooflines: how close single operations come to what the machine can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgecnn.reporting.blocks import Chart
from edgecnn.reporting.drawing import INK, SERIES, SOFT, label_logarithmic, shortened

if TYPE_CHECKING:
    from edgecnn.bench.findings import Findings
    from edgecnn.bench.summary import Summary
    from edgecnn.profiling.result import Profile, TimedOperation

MOST = 6
"""How many profiles get a chart: those of the fastest cases. The others have only tables."""
_LABELLED = 4
_INTEGER, _FLOAT = 2, 1
"""Numbers of colours in the style sheet, the same as for int8 and float32."""


def rooflines(findings: Findings) -> dict[int, Chart]:
    """Return the charts of the fastest cases by case number, from 1.

    They show multiply-accumulates per second against multiply-accumulates per byte.
    """
    profiled = [
        (number, summary, summary.raw.profile)
        for number, summary in enumerate(findings.summaries, 1)
        if summary.raw.profile
    ]
    fastest = sorted(profiled, key=lambda numbered: numbered[1].latency.p50.value)[:MOST]
    return {
        number: _roofline(number, summary, profile, points)
        for number, summary, profile in fastest
        if (points := _points(profile))
    }


def _points(profile: Profile) -> list[tuple[TimedOperation, float, float]]:
    """Return operations with their intensity and rate, the slowest first."""
    points = []
    for operation in profile.operations:
        intensity, rate = profile.intensity(operation), operation.macs_per_second
        if intensity and rate:
            points.append((operation, intensity, rate / 1e9))
    return sorted(points, key=lambda point: -point[0].nanoseconds.value)


def _roofline(number: int, case: Summary, profile: Profile, points: list[tuple[TimedOperation, float, float]]) -> Chart:
    name = shortened(case.case.name)
    kinds = sorted({_colour(profile, operation) for operation, _, _ in points})

    def paint(figure: Any) -> None:
        axes = figure.subplots()
        low, high = min(x for _, x, _ in points) / 2, max(x for _, x, _ in points) * 3
        line = np.geomspace(low, high, 100)
        slope = line * profile.copy.bytes_per_second / 1e9
        for kind in kinds:
            peak = (profile.peaks.int8 if kind == _INTEGER else profile.peaks.float32).macs_per_second / 1e9
            axes.plot(line, np.minimum(slope, peak), color=SERIES[kind - 1], linewidth=1)
        for rank, (operation, intensity, rate) in enumerate(points):
            size = 12 + 260 * operation.nanoseconds.value / profile.whole_ns.value
            axes.scatter(
                intensity,
                rate,
                size,
                color=SERIES[_colour(profile, operation) - 1],
                alpha=0.7,
                edgecolor=SOFT,
                zorder=3,
            )
            if rank < _LABELLED:
                axes.annotate(
                    shortened(operation.layer),
                    (intensity, rate),
                    (0, 7),
                    textcoords="offset points",
                    fontsize=7,
                    ha="center",
                    color=INK,
                )
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(low, high)
        label_logarithmic(axes.xaxis, low, high)
        label_logarithmic(axes.yaxis, *axes.get_ylim())
        axes.set_xlabel("multiply-accumulates per byte")
        axes.set_ylabel("GMAC/s")

    names = {_INTEGER: "int8", _FLOAT: "float32"}
    told = "; ".join(
        f"{shortened(operation.layer)}: {rate:.3g} GMAC/s at {x:.3g} MAC/byte"
        for operation, x, rate in points[:_LABELLED]
    )
    return Chart(
        f"roofline-{number}",
        f"Roofline of {name}",
        f"Logarithmic scatter plot of operations below the measured roofs; a larger dot takes longer. Longest: {told}.",
        paint,
        height=2.9,
        legend=tuple((f"{names[kind]}, line: its roof", kind) for kind in kinds),
    )


def _colour(profile: Profile, operation: TimedOperation) -> int:
    return _INTEGER if profile.peak(operation) is profile.peaks.int8 else _FLOAT
