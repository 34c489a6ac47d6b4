"""Measurements of each case alone, in a further process: MLPerf's windows, energy, and a profile."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

from edgecnn.bench.case import Case
from edgecnn.bench.inputs import Inputs
from edgecnn.bench.monitor import Monitor
from edgecnn.bench.process import Link, Start
from edgecnn.bench.requests import Load, ProfileCase, Rest, TimeCalls
from edgecnn.bench.result import CaseEnergy, Moment, Window
from edgecnn.bench.settings import Settings
from edgecnn.device.energy import Meter, find_meter
from edgecnn.errors import MeasurementError
from edgecnn.profiling.profile import PROFILERS
from edgecnn.profiling.result import Peaks, Profile

WINDOWS, WINDOW_SECONDS, WINDOW_CALLS = 5, 10.0, 10
"""MLPerf Tiny's rules: the median of five runs, each of at least ten seconds and ten inferences.

Source: MLCommons, "MLPerf Tiny Inference Rules", section "Performance mode".
"""
_WARM_UP_CALLS = 20
_MOST_CALLS = 1_000_000


@dataclass(frozen=True, slots=True)
class AloneRecord:
    """The measurements of a case alone; those not requested are empty."""

    windows: tuple[Window, ...] = ()
    energy: CaseEnergy | None = None
    profile: Profile | None = None
    timeline: tuple[Moment, ...] = ()
    error: str | None = None


def has_something_to_do(case: Case, settings: Settings) -> bool:
    """Whether a case has anything to measure alone."""
    if case.is_artifact and (settings.mlperf_tiny or (settings.profile and case.backend in PROFILERS)):
        return True
    return settings.energy_seconds > 0 and find_meter() is not None


def alone(
    case: Case, inputs: Inputs, settings: Settings, *, peaks: Peaks | None, monitor: Monitor, start: Start
) -> AloneRecord:
    """Return the measurements of a case in its own process, while no other case runs.

    Args:
        case: that has not failed.
        inputs: files for the workers.
        settings: what to measure.
        peaks: of the machine on this runtime with this many threads, if another case measured them in this run.
        monitor: reads the machine's state.
        start: starts workers.
    """
    link = start(settings.timeout)
    step = f"alone: {case.name}"
    timeline = [monitor.moment("alone", [link.process_id], step)]
    windows: tuple[Window, ...] = ()
    energy, profile = None, None
    try:
        link.ask(Load(case, inputs.images))
        if settings.mlperf_tiny and case.is_artifact:
            windows = tuple(_window(link, settings.request_seconds) for _ in range(WINDOWS))
        if settings.energy_seconds and (meter := find_meter()) is not None:
            energy = _energy(link, meter, settings.energy_seconds)
        if settings.profile and case.is_artifact and case.backend in PROFILERS:
            profile = link.ask(ProfileCase(case, peaks))
        timeline.append(monitor.moment("alone, end", [link.process_id], step))
    except MeasurementError as error:
        return AloneRecord(windows, energy, profile, tuple(timeline), str(error))
    finally:
        link.close()
    return AloneRecord(windows, energy, profile, tuple(timeline))


def _calls_for(link: Link, seconds: float) -> int:
    """Return how many calls take about that long, plus a tenth for safety."""
    samples = link.ask(TimeCalls(warm_up=0, count=_WARM_UP_CALLS))
    typical = statistics.median(samples)
    return min(_MOST_CALLS, max(WINDOW_CALLS, math.ceil(1.1 * seconds * 1e9 / max(1, typical))))


def _window(link: Link, longest: float) -> Window:
    """Return a window of at least `WINDOW_SECONDS` and `WINDOW_CALLS` calls, in parts of at most `longest` seconds."""
    samples: list[int] = []
    while sum(samples) < WINDOW_SECONDS * 1e9:
        left = min(longest, WINDOW_SECONDS - sum(samples) / 1e9)
        part = link.ask(TimeCalls(warm_up=0, count=_calls_for(link, left)))
        samples += part
    return Window(tuple(samples))


def _energy(link: Link, meter: Meter, seconds: float) -> CaseEnergy | None:
    """Return the meter's readings while the case runs for `seconds`, and while idle for as long."""
    calls = _calls_for(link, seconds)
    with meter.measure() as busy:
        link.ask(TimeCalls(warm_up=0, count=calls))
    with meter.measure() as idle:
        link.ask(Rest(busy.seconds))
    if busy.joules is None or idle.joules is None:
        return None
    return CaseEnergy(busy.joules, idle.joules * busy.seconds / idle.seconds, busy.seconds, calls, meter.covers)
