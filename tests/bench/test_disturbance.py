"""What disturbs a run is found in its time line, and advice goes with it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from edgecnn.bench.disturbance import load_elsewhere, warnings
from edgecnn.bench.findings import find
from edgecnn.bench.reports.timeline_chart import timeline as draw_timeline
from edgecnn.bench.result import Moment, Result
from edgecnn.device.sensors import Sample
from tests.bench.test_run import TRUTH, measured
from tests.fakes.worker import FakeLink


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("run")
    return measured(folder, {"float32": FakeLink(4e5, TRUTH), "int8": FakeLink(1e5, TRUTH)})


def timeline(*samples: Sample, own: float | None = 0.0) -> tuple[Moment, ...]:
    """Return moments; the run's own processes use one core all the time."""
    return tuple(Moment("round", one, None if own is None else one.seconds) for one in samples)


def kinds(result: Result, *samples: Sample) -> list[str]:
    return [warning.kind for warning in warnings(dataclasses.replace(result, timeline=timeline(*samples)), (), 0.0)]


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([Sample(0.0), Sample(9.0)], []),
        ([Sample(0.0, busy_seconds=5.0), Sample(9.0, busy_seconds=14.5)], []),
        ([Sample(0.0, busy_seconds=5.0), Sample(9.0, busy_seconds=23.0)], ["load"]),
        ([Sample(0.0, steal_seconds=0.0), Sample(9.0, steal_seconds=0.1)], []),
        ([Sample(0.0, steal_seconds=0.0), Sample(9.0, steal_seconds=900.0)], ["steal"]),
        ([Sample(0.0, clock_hz=1_500_000_000), Sample(9.0, clock_hz=1_490_000_000)], []),
        ([Sample(0.0, clock_hz=1_500_000_000), Sample(9.0, clock_hz=600_000_000)], ["clock"]),
        ([Sample(0.0, throttled=0x50000), Sample(9.0, throttled=0x50000)], []),
        ([Sample(0.0, throttled=0x0), Sample(9.0, throttled=0x50000)], ["throttled"]),
        ([Sample(0.0, throttled=0x4), Sample(9.0, throttled=0x0)], ["throttled"]),
    ],
    ids=[
        "unknown", "own load", "load", "some steal", "steal", "clock", "clock changes",
        "throttled before", "throttled on the way", "throttled",
    ],
)  # fmt: skip
def test_a_disturbance_is_named(result: Result, samples: list[Sample], expected: list[str]) -> None:
    assert kinds(result, *samples) == expected


def test_load_elsewhere_is_what_the_run_did_not_use(result: Result) -> None:
    moments = timeline(Sample(0.0, busy_seconds=0.0), Sample(2.0, busy_seconds=3.0), Sample(2.01, busy_seconds=3.5))
    assert load_elsewhere(moments) == ((2.0, 0.5),)  # the last step is too short for the kernel's clock
    assert load_elsewhere(timeline(Sample(0.0, busy_seconds=0.0), Sample(2.0, busy_seconds=3.0), own=None)) == ()


def test_a_run_that_was_killed_and_went_on_is_not_disturbed_by_what_it_did_before(result: Result) -> None:
    """The own CPU time starts anew with the process that goes on."""
    first = [Moment("round", Sample(s, busy_seconds=s), s, "pass 1") for s in (0.0, 10.0)]
    second = [Moment("round", Sample(s, busy_seconds=s), s - 60.0, "pass 2") for s in (60.0, 70.0)]
    resumed = dataclasses.replace(result, timeline=(*first, *second))
    assert load_elsewhere(resumed.timeline) == ((10.0, 0.0), (10.0, 0.0))
    assert warnings(resumed, (), 0.0) == ()
    chart = draw_timeline(find(resumed))
    assert chart is not None
    assert "other processes, busy cores from 0 to 0" in chart.alternative


def test_a_pass_made_again_after_throttling_is_not_called_throttled(result: Result) -> None:
    """The bit "since boot" stays set when the machine is cool again."""
    first = [Moment("round", Sample(s, throttled=0), None, "pass 1") for s in (0.0, 10.0)]
    second = [Moment("round", Sample(s, throttled=0x40000), None, "pass 2") for s in (60.0, 70.0)]
    assert warnings(dataclasses.replace(result, timeline=(*first, *second)), (), 0.0) == ()


def test_the_words_say_what_was_seen_and_what_to_do(result: Result) -> None:
    hot = dataclasses.replace(
        result, timeline=timeline(Sample(0.0, 60.0, throttled=0), Sample(1.0, 84.6, throttled=0x2))
    )
    (warning,) = warnings(hot, (), 0.0)
    assert warning.is_disturbance
    assert "at up to 85 °C" in warning.what
    assert "--wait-cool" in warning.advice
    assert find(hot).is_disturbed
    assert not find(result).is_disturbed


def test_an_emulated_processor_is_told_and_no_latency_is_a_devices(result: Result, tmp_path: Path) -> None:
    emulated = dataclasses.replace(result, machine=dataclasses.replace(result.machine, emulated=True))
    findings = find(emulated)
    assert [warning.kind for warning in findings.warnings] == ["emulated"]
    assert findings.verdict[-1] == "This processor is emulated: no latency here is a real device's."


def test_processes_of_different_luck_are_told(result: Result) -> None:
    raw = result.cases[1].raw
    assert raw is not None
    slow = dataclasses.replace(
        raw.processes[1], rounds_ns=tuple(tuple(2 * ns for ns in samples) for samples in raw.processes[1].rounds_ns)
    )
    unlucky = dataclasses.replace(result.cases[1], raw=dataclasses.replace(raw, processes=(raw.processes[0], slow)))
    findings = find(dataclasses.replace(result, cases=(result.cases[0], unlucky)))
    assert [warning.kind for warning in findings.warnings] == ["luck"]
    speedup = findings.summaries[1].latency.speedup
    assert speedup is not None
    assert speedup.low < 2
    assert speedup.high > 4  # the interval covers both processes, and others
