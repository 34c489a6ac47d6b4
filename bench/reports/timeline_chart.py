"""A chart of the machine during the run: temperature, clock, power, and the load of other processes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from edgecnn.bench.disturbance import ELSEWHERE_CORES, steps_of
from edgecnn.device.sensors import throttled_words
from edgecnn.reporting.blocks import Chart
from edgecnn.reporting.drawing import INK, SERIES, SOFT

if TYPE_CHECKING:
    from edgecnn.bench.findings import Findings
    from edgecnn.bench.result import Moment

_PANEL_INCHES = 0.95


@dataclass(frozen=True, slots=True)
class _Panel:
    """One quantity over time; `seconds` are since the start of the run."""

    title: str
    seconds: tuple[float, ...]
    values: tuple[float, ...]
    colour: str
    limit: float | None = None
    is_stepped: bool = False


def timeline(findings: Findings) -> Chart | None:
    """Return a chart of the machine's state over time; None if nothing is known."""
    moments = findings.result.timeline
    panels = _panels(moments)
    if not panels:
        return None
    start = moments[0].sample.seconds
    throttled = [
        moment.sample.seconds - start for moment in moments if throttled_words(moment.sample.throttled or 0).now
    ]

    def paint(figure: Any) -> None:
        for axes, panel in zip(figure.subplots(len(panels), squeeze=False, sharex=True)[:, 0], panels, strict=True):
            _paint_panel(axes, panel)
            for second in throttled:
                axes.axvline(second, color=SERIES[1], linewidth=2, alpha=0.35)
        axes.set_xlabel("seconds since the start" + ("; coloured: throttled" if throttled else ""))

    told = "; ".join(f"{panel.title} from {min(panel.values):.3g} to {max(panel.values):.3g}" for panel in panels)
    if throttled:
        told += f"; throttled at {len(throttled)} of {len(moments)} moments"
    return Chart(
        "timeline",
        "The machine during the run",
        f"Lines over {moments[-1].sample.seconds - start:.0f} seconds: {told}.",
        paint,
        height=0.45 + _PANEL_INCHES * len(panels),
    )


def _panels(moments: tuple[Moment, ...]) -> list[_Panel]:
    panels = [
        _of_samples(moments, "temperature, °C", "temperature_c", 1.0, SERIES[1]),
        _of_samples(moments, "clock, MHz", "clock_hz", 1e-6, SERIES[0]),
        _of_samples(moments, "power, W", "power_w", 1.0, SERIES[3]),
        _load(moments),
    ]
    return [panel for panel in panels if panel is not None]


def _of_samples(moments: tuple[Moment, ...], title: str, field: str, factor: float, colour: str) -> _Panel | None:
    known = [(moment.sample.seconds - moments[0].sample.seconds, getattr(moment.sample, field)) for moment in moments]
    known = [(seconds, value * factor) for seconds, value in known if value is not None]
    if len(known) < 2:
        return None
    return _Panel(title, tuple(seconds for seconds, _ in known), tuple(value for _, value in known), colour)


def _load(moments: tuple[Moment, ...]) -> _Panel | None:
    times, rates = list[float](), list[float]()
    for step in steps_of(moments):  # between two steps a run may have been killed and resumed
        known = [
            (moment.sample.seconds - moments[0].sample.seconds, moment.sample.busy_seconds - moment.own_seconds)
            for moment in step
            if moment.sample.busy_seconds is not None and moment.own_seconds is not None
        ]
        spaced: list[tuple[float, float]] = []
        for seconds, used in known:
            if not spaced or seconds - spaced[-1][0] >= _LEAST_STEP:
                spaced.append((seconds, used))
        step_rates = [max(0.0, (b[1] - a[1]) / (b[0] - a[0])) for a, b in pairwise(spaced)]
        if step_rates:
            times += [seconds for seconds, _ in spaced]
            rates += [*step_rates, step_rates[-1]]
    if not times:
        return None
    title = "other processes, busy cores"
    return _Panel(title, tuple(times), tuple(rates), SERIES[2], ELSEWHERE_CORES, is_stepped=True)


_LEAST_STEP = 0.25
"""Seconds. The kernel counts CPU time in hundredths of a second, which is noise over shorter steps."""


def _paint_panel(axes: Any, panel: _Panel) -> None:
    style = {"drawstyle": "steps-post"} if panel.is_stepped else {"marker": ".", "markersize": 2.5}
    axes.plot(panel.seconds, panel.values, color=panel.colour, **style)
    axes.set_title(panel.title, loc="left", color=INK, pad=3)
    axes.locator_params(axis="y", nbins=3)
    low, high = min(panel.values), max(panel.values)
    if panel.limit is not None:
        axes.axhline(panel.limit, color=SOFT, linewidth=0.8, linestyle=":")
        axes.set_ylim(0, max(high, panel.limit) * 1.2)
    elif high - low < 0.02 * abs(high):  # do not magnify small changes
        axes.set_ylim(low - 0.05 * abs(high), high + 0.05 * abs(high))
