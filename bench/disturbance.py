"""Disturbances of a run, found in its time line and noise, as values with advice."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise

from edgecnn.bench.case import Role
from edgecnn.bench.result import Moment, Result
from edgecnn.bench.summary import Summary
from edgecnn.device.sensors import throttled_words

ELSEWHERE_CORES = 0.15
"""CPU time of other processes, in cores, above which a run is disturbed: a busy desktop is below it."""
STEAL_SHARE = 0.02
"""Share of the time in which a hypervisor gave this machine's cores to others, above which a run is disturbed."""
CLOCK_SHARE = 0.10
"""How far the clock may fall below its highest."""
NOISY = 0.10
"""Noise floor above which a run shows hardly any differences."""
LUCK = 1.25
"""Largest ratio of the medians of one case's processes that is not reported."""
_BUSY_STEPS = 0.2
"""Share of the time with other load that is not reported."""
_SHORTEST_STEP = 0.05
"""Seconds; the kernel counts CPU time in hundredths of a second."""


@dataclass(frozen=True, slots=True)
class RunWarning:
    """One disturbance.

    Attributes:
        kind: "load", "steal", "throttled", "clock", "noise", "warm-up", "luck", "pace" or "emulated".
        what: the observation, with its figure.
        advice: how to avoid it.
        is_disturbance: whether it disturbs the run, or is only worth knowing.
    """

    kind: str
    what: str
    advice: str
    is_disturbance: bool = True


def warnings(result: Result, summaries: tuple[Summary, ...], floor: float) -> tuple[RunWarning, ...]:
    """Return what disturbed a run, or is needed to interpret it.

    Args:
        result: the run.
        summaries: of its cases that did not fail.
        floor: the noise floor, as a share.
    """
    timeline = result.timeline
    found = [
        _emulated(result),
        _throttled(timeline),
        _load(timeline),
        _steal(timeline, result.machine.cores),
        _clock(timeline),
        _noise(floor, _could_be_measured_twice(result)),
        _late(summaries),
        _unstable(summaries),
        _luck(summaries),
    ]
    return tuple(warning for warning in found if warning is not None)


def was_throttled(timeline: tuple[Moment, ...]) -> bool:
    """Whether the clock was lowered or the voltage too low at any moment, or a since-boot flag came up in the run."""
    return bool(_held_back(timeline))


def load_elsewhere(timeline: tuple[Moment, ...]) -> tuple[tuple[float, float], ...]:
    """Return, between consecutive moments of a step, the seconds and the CPU time of other processes per second."""
    found = []
    for moments in steps_of(timeline):
        for before, after in pairwise(moments):
            seconds = after.sample.seconds - before.sample.seconds
            known = (before.sample.busy_seconds, after.sample.busy_seconds, before.own_seconds, after.own_seconds)
            if seconds >= _SHORTEST_STEP and None not in known:
                busy_before, busy_after, own_before, own_after = (value or 0.0 for value in known)
                found.append((seconds, max(0.0, (busy_after - busy_before - own_after + own_before) / seconds)))
    return tuple(found)


def steps_of(timeline: tuple[Moment, ...]) -> list[tuple[Moment, ...]]:
    """Return the moments by step: between two steps a run may have been killed and resumed."""
    return [tuple(moments) for _, moments in groupby(timeline, key=lambda moment: moment.step)]


def _emulated(result: Result) -> RunWarning | None:
    if not result.machine.emulated:
        return None
    return RunWarning(
        "emulated",
        "the processor is emulated: no time here is a real device's",
        "measure on the device itself; accuracy and agreement hold",
    )


def _throttled(timeline: tuple[Moment, ...]) -> RunWarning | None:
    words = _held_back(timeline)
    if not words:
        return None
    temperatures = [one.sample.temperature_c for one in timeline if one.sample.temperature_c is not None]
    hottest = f" at up to {max(temperatures):.0f} °C" if temperatures else ""
    return RunWarning(
        "throttled",
        f"the machine lowered its clock during the run{hottest}: {', '.join(words)}",
        "cool it, use the official power supply, and run again with --wait-cool",
    )


def _held_back(timeline: tuple[Moment, ...]) -> tuple[str, ...]:
    """Return what throttled the processor at any moment, or appeared after the first moment of a step."""
    words: list[str] = []
    for moments in steps_of(timeline):
        seen = [throttled_words(one.sample.throttled) for one in moments if one.sample.throttled is not None]
        before = set(seen[0].since_boot) if seen else set()
        words += [word for one in seen for word in (*one.now, *(word for word in one.since_boot if word not in before))]
    return tuple(dict.fromkeys(words))


def _load(timeline: tuple[Moment, ...]) -> RunWarning | None:
    steps = load_elsewhere(timeline)
    if not steps:
        return None
    total = sum(seconds for seconds, _ in steps)
    mean = sum(seconds * cores for seconds, cores in steps) / total
    share = sum(seconds for seconds, cores in steps if cores > ELSEWHERE_CORES) / total
    if mean <= ELSEWHERE_CORES and share <= _BUSY_STEPS:
        return None
    return RunWarning(
        "load",
        f"other processes used {mean:.2f} cores on average, more than {ELSEWHERE_CORES:g} in {share:.0%} of the time",
        "stop them and run again; ratios within the run are paired and suffer less than latencies",
    )


def _steal(timeline: tuple[Moment, ...], cores: int) -> RunWarning | None:
    seconds = stolen = 0.0
    for moments in steps_of(timeline):
        known = [one.sample for one in moments if one.sample.steal_seconds is not None]
        if known:
            seconds += known[-1].seconds - known[0].seconds
            stolen += (known[-1].steal_seconds or 0.0) - (known[0].steal_seconds or 0.0)
    if seconds <= 0 or stolen / (seconds * cores) <= STEAL_SHARE:
        return None
    return RunWarning(
        "steal",
        f"the hypervisor took {stolen / (seconds * cores):.1%} of the processor time for other machines",
        "run again at a quieter time, or on a machine of your own",
    )


def _clock(timeline: tuple[Moment, ...]) -> RunWarning | None:
    clocks = [one.sample.clock_hz for one in timeline if one.sample.clock_hz]
    if not clocks or min(clocks) >= (1 - CLOCK_SHARE) * max(clocks):
        return None
    return RunWarning(
        "clock",
        f"the clock changed between {min(clocks) / 1e6:,.0f} and {max(clocks) / 1e6:,.0f} MHz",
        "set the governor to performance: `sudo cpupower frequency-set -g performance`",
    )


def _noise(floor: float, is_known: bool) -> RunWarning | None:
    if not is_known:
        return RunWarning(
            "noise",
            "the baseline could not be measured twice: the noise floor is unknown",
            "see why it failed, and run again",
        )
    if floor <= NOISY:
        return None
    return RunWarning(
        "noise",
        f"the baseline differs from itself by up to {floor:.0%}: differences below that are not called differences",
        "stop other work, or measure longer with --rounds and --processes",
    )


def _could_be_measured_twice(result: Result) -> bool:
    failed = {one.case.role for one in result.cases if one.error is not None}
    return not failed & {Role.BASELINE, Role.TWIN}


def _late(summaries: tuple[Summary, ...]) -> RunWarning | None:
    names = [one.case.name for one in summaries if one.paced is not None and one.paced.late > 0]
    if not names:
        return None
    return RunWarning(
        "pace",
        f"frames came too late at this rate: {', '.join(names)}",
        "a lower --fps, or a faster artifact; paced latencies of these are those of a queue",
        is_disturbance=False,
    )


def _unstable(summaries: tuple[Summary, ...]) -> RunWarning | None:
    names = [one.case.name for one in summaries if not all(process.warm_up.is_stable for process in one.raw.processes)]
    if not names:
        return None
    return RunWarning(
        "warm-up",
        f"latency was not stable when the warm-up had to end: {', '.join(names)}",
        "the intervals show whether it matters; stop other work to be sure",
        is_disturbance=False,
    )


def _luck(summaries: tuple[Summary, ...]) -> RunWarning | None:
    names = [one.case.name for one in summaries if (one.latency.between_processes or 1.0) > LUCK]
    if not names:
        return None
    return RunWarning(
        "luck",
        f"processes of one case differ by more than {LUCK - 1:.0%} in their medians: {', '.join(names)}",
        "run again with more --processes, and see whether the machine has other work",
        is_disturbance=False,
    )
