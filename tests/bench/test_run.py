"""The harness: passes, turns, failures, stops, and figures that follow from the samples."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgecnn.bench.case import Role
from edgecnn.bench.findings import find
from edgecnn.bench.inputs import thumbnails
from edgecnn.bench.journal import Journal, key_of
from edgecnn.bench.monitor import Monitor
from edgecnn.bench.passes import Pass, PassRecord, turn_orders
from edgecnn.bench.requests import Classify, Load, TimeCalls, TimeStages
from edgecnn.bench.result import Result, read_result
from edgecnn.bench.run import run
from edgecnn.bench.settings import Settings
from edgecnn.bench.summary import summarise
from edgecnn.device.sensors import Sample
from edgecnn.errors import MeasurementError
from edgecnn.files import write_atomic
from edgecnn.isolated.messages import Request
from tests.fakes.worker import SETTINGS, FakeLink, Samples, dataset, make_plan, quiet, starter

TRUTH = [0, 1] * 500


def wrong(count: int) -> list[int]:
    """Return the right answers but for the first `count`."""
    return [1 - label for label in TRUTH[:count]] + TRUTH[count:]


def measured(folder: Path, scripts: dict[str, FakeLink], **options: Any) -> Result:
    """Run cases whose names start with their precision; the first is the baseline."""
    plan = make_plan(folder, *((name, name.partition("_")[0]) for name in scripts))
    settings = options.pop("settings", SETTINGS)
    options.setdefault("monitor", quiet())
    return run(plan, dataset(TRUTH), settings, start=starter(scripts), **options)


def turns_of(link: FakeLink) -> list[TimeCalls]:
    """Return the requests of a case's turns: those that warm up."""
    return [request for request in link.asked if isinstance(request, TimeCalls) and request.warm_up]


def test_in_each_round_every_case_has_one_turn_in_an_order_drawn_anew() -> None:
    orders = list(turn_orders(5, 40, seed="3"))
    assert all(sorted(order) == [0, 1, 2, 3, 4] for order in orders)
    assert len({tuple(order) for order in orders}) > 20
    assert orders == list(turn_orders(5, 40, seed="3"))
    assert orders != list(turn_orders(5, 40, seed="4"))


def test_a_case_has_at_least_so_many_samples_and_seconds_and_the_first_calls_of_a_turn_do_not_count(
    tmp_path: Path,
) -> None:
    slow, fast = FakeLink(2_000_000, TRUTH), FakeLink(100_000, TRUTH)
    result = measured(tmp_path, {"float32": slow, "int8": fast})
    assert turns_of(slow) == [TimeCalls(warm_up=2, count=2)] * 8  # 16 samples of 2 ms
    assert turns_of(fast) == [TimeCalls(warm_up=2, count=10)] * 8  # 8 ms of 100 µs
    raw = result.cases[1].raw
    assert raw is not None
    assert [[len(samples) for samples in process.rounds_ns] for process in raw.processes] == [[10] * 4] * 2


def test_a_case_that_becomes_faster_after_its_warm_up_still_runs_for_so_many_seconds(tmp_path: Path) -> None:
    class Hurrying(FakeLink):
        def ask(self, request: Request[Any]) -> Any:
            if isinstance(request, TimeCalls) and request.warm_up:
                self.latency_ns *= 0.7
            return super().ask(request)

    result = measured(tmp_path, {"float32": FakeLink(1e6, TRUTH), "int8": Hurrying(100_000, TRUTH)})
    raw = result.cases[1].raw
    assert raw is not None
    spent = [sum(map(sum, process.rounds_ns)) / 1e9 for process in raw.processes]
    assert all(SETTINGS.min_seconds / SETTINGS.processes <= seconds < SETTINGS.min_seconds for seconds in spent), spent
    assert [len(process.rounds_ns) for process in raw.processes] == [SETTINGS.rounds] * SETTINGS.processes


def test_images_that_take_longer_than_a_command_may_are_classified_in_several(tmp_path: Path) -> None:
    slow = FakeLink(1e6, TRUTH, images_a_request=4)
    baseline, case = summarise(measured(tmp_path, {"float32": slow, "int8": FakeLink(1e5, TRUTH)}))
    requests = [request for request in slow.asked if isinstance(request, Classify)]
    assert [request.first for request in requests] == list(range(0, len(TRUTH), 4))
    assert baseline.raw.ranked == case.raw.ranked
    assert baseline.raw.classify_seconds == len(requests) * 1.0


def test_progress_ends_where_it_said_that_it_would(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, ("float32", "float32"), ("int8", "int8"))
    links = {"float32": FakeLink(1e6, TRUTH, images_a_request=100), "int8": FakeLink(1e5, TRUTH)}
    told = list[tuple[int, int]]()
    run(
        plan,
        dataset(TRUTH),
        SETTINGS,
        progress=lambda what, done, total, detail="": told.append((done, total)),
        start=starter(links),
        monitor=quiet(),
    )
    assert told == sorted(told)
    assert len({total for _, total in told}) == 1
    assert told[-1][0] <= told[-1][1]


def test_every_pass_has_new_processes_and_all_are_ended(tmp_path: Path) -> None:
    links = {"float32": FakeLink(1e6, TRUTH), "int8": FakeLink(1e5, TRUTH)}
    result = measured(tmp_path, links)
    for link, one in zip(links.values(), result.cases, strict=True):
        assert link.count(Load) == link.closed == SETTINGS.processes
        assert link.count(Classify) == 1
        assert one.raw is not None
        assert len(one.raw.processes) == SETTINGS.processes


def test_a_reference_is_measured_in_the_first_pass_alone(tmp_path: Path) -> None:
    links = {"float32": FakeLink(1e6, TRUTH), "float32_predict": FakeLink(1e8, TRUTH), "int8": FakeLink(1e5, TRUTH)}
    plan = make_plan(tmp_path, *((name, name.partition("_")[0]) for name in links))
    cases = [
        dataclasses.replace(case, role=Role.REFERENCE) if case.name == "float32_predict" else case
        for case in plan.cases
    ]
    plan = dataclasses.replace(plan, cases=tuple(cases))
    result = run(plan, dataset(TRUTH), SETTINGS, start=starter(links), monitor=quiet())
    assert [len(one.raw.processes) for one in result.cases if one.raw] == [2, 1, 2]


def test_warm_up_goes_on_until_three_windows_are_alike_or_time_is_over(tmp_path: Path) -> None:
    class Settling(FakeLink):
        def ask(self, request: Request[Any]) -> Any:
            self.latency_ns = max(1e6, self.latency_ns * 0.8) if isinstance(request, TimeCalls) else self.latency_ns
            return super().ask(request)

    class Restless(FakeLink):
        def ask(self, request: Request[Any]) -> Any:
            self.latency_ns = 3e6 - self.latency_ns if isinstance(request, TimeCalls) else self.latency_ns
            return super().ask(request)

    links: dict[str, FakeLink] = {
        "float32": FakeLink(1e6, TRUTH),
        "int8_settling": Settling(3e6, TRUTH),
        "int8_restless": Restless(1e6, TRUTH),
    }
    result = measured(tmp_path, links)
    steady, settling, restless = (one.raw.processes[0].warm_up for one in result.cases if one.raw)
    assert (steady.is_stable, settling.is_stable, restless.is_stable) == (True, True, False)
    assert settling.calls > steady.calls
    assert restless.seconds >= SETTINGS.max_warm_up_seconds
    assert [warning.kind for warning in find(result).warnings] == ["warm-up"]


def test_the_figures_follow_from_the_samples(tmp_path: Path) -> None:
    links = {"float32": FakeLink(400_000, TRUTH), "int8": FakeLink(100_000, wrong(10))}
    baseline, case = summarise(measured(tmp_path, links))
    latency = case.latency
    assert latency.p50.value == latency.p50.low == latency.p90.high == latency.p99 == latency.minimum
    assert latency.p50.value == pytest.approx(1e-4)
    assert latency.deviation == pytest.approx(0)
    assert latency.speedup is not None
    assert latency.speedup.value == pytest.approx(4.0)
    assert baseline.latency.speedup is None
    assert case.accuracy is not None
    assert case.accuracy.paired is not None
    assert case.accuracy.top1.value == pytest.approx(0.99)
    assert case.accuracy.paired.difference.value == case.accuracy.paired.bootstrap.value == pytest.approx(-0.01)
    assert case.accuracy.paired.bootstrap.low < -0.01 < case.accuracy.paired.bootstrap.high
    assert (case.accuracy.paired.lost, case.accuracy.paired.gained) == (10, 0)
    assert case.accuracy.paired.agreement == pytest.approx(0.99)
    assert case.accuracy.confusion == ((495, 5), (5, 495))
    assert case.accuracy.top5 is None  # two classes


def test_the_other_latencies_follow_from_the_samples(tmp_path: Path) -> None:
    links = {"float32": FakeLink(400_000, TRUTH), "int8": FakeLink(100_000, TRUTH)}
    baseline, case = summarise(measured(tmp_path, links))
    assert case.cold.total.value == pytest.approx(17e-3)  # 5 ms until ready, 7 import, 2 load, 3 first
    assert (case.cold.start, case.cold.first) == pytest.approx((5e-3, 3e-3))
    assert case.paced is not None
    assert (case.paced.p50, case.paced.samples) == pytest.approx((1e-4, 6))
    assert baseline.paced is None  # nobody deploys Keras behind a camera
    assert case.end_to_end is not None
    assert case.end_to_end.stages == pytest.approx((1e-9, 2e-9, 3e-9, 4e-9, 5e-9))
    assert case.end_to_end.p50 == pytest.approx(15e-9)
    assert [one.size for one in case.throughput] == [1, 4, 1000]
    assert [one.images_per_second for one in case.throughput] == pytest.approx([1e4, 4e4, 1000.0])
    assert case.best_throughput.size == 4
    assert (case.memory.peak, case.memory.steady) == (30_000_000, 20_000_000)


@pytest.mark.parametrize("moment", [Load, Classify, TimeCalls, TimeStages])
def test_a_case_that_dies_is_one_row_and_the_others_go_on(tmp_path: Path, moment: type[Request[Any]]) -> None:
    links = {
        "float32": FakeLink(400_000, TRUTH),
        "int8": FakeLink(1_000, TRUTH, fails_at=moment),
        "int8_other": FakeLink(2_000, TRUTH),
    }
    result = measured(tmp_path, links)
    assert [one.error for one in result.cases] == [None, "the worker was ended by SIGKILL", None]
    assert [one.case.name for one in summarise(result)] == ["float32", "int8_other"]
    assert (result.cases[1].raw is not None) == (moment is TimeStages)  # what was measured until then is kept
    assert links["int8"].count(Load) == 1  # it is not tried again


def test_a_failed_baseline_leaves_the_other_figures(tmp_path: Path) -> None:
    links = {"float32": FakeLink(1, TRUTH, fails_at=Load), "int8": FakeLink(2_000, TRUTH)}
    findings = find(measured(tmp_path, links))
    (only,) = findings.summaries
    assert only.latency.speedup is None
    assert findings.verdict == (
        "Deploy int8 with 1 thread: median 2 µs an image (p90 2 µs), top-1 100.0%, 0.00 MB.",
        "Its accuracy could not be compared with the original model's: this rests on the other figures alone.",
    )


def test_a_result_survives_its_file(tmp_path: Path) -> None:
    result = measured(tmp_path, {"float32": FakeLink(400_000, TRUTH), "int8": FakeLink(1_000, wrong(3))})
    assert [picture.image for picture in result.images.pictures] == [0, 1, 2]
    write_atomic(tmp_path / "result.json", result.to_json())
    assert read_result(tmp_path / "result.json") == result


@pytest.mark.parametrize("version", [1, 99], ids=["old", "new"])
def test_a_result_of_another_edgecnn_is_refused(tmp_path: Path, version: int) -> None:
    (tmp_path / "result.json").write_text(json.dumps({"schema_version": version}))
    with pytest.raises(MeasurementError, match="cannot read the result"):
        read_result(tmp_path / "result.json")


def test_ctrl_c_leaves_a_result_of_what_there_is(tmp_path: Path) -> None:
    class Impatient(FakeLink):
        def ask(self, request: Request[Any]) -> Any:
            if len(turns_of(self)) == 6:  # in the second round of the second pass
                raise KeyboardInterrupt
            return super().ask(request)

    links: dict[str, FakeLink] = {"float32": FakeLink(4e5, TRUTH), "int8": Impatient(1e5, TRUTH)}
    result = measured(tmp_path, links)
    assert not result.is_complete
    raw = result.cases[1].raw
    assert raw is not None
    assert [len(process.rounds_ns) for process in raw.processes] == [4, 2]
    assert find(result).summaries[1].latency.speedup is not None
    assert all(link.closed == 2 for link in links.values())


def test_ctrl_c_while_a_pass_is_being_kept_leaves_a_result_with_that_pass(tmp_path: Path) -> None:
    class SlowDisk(Journal):
        def add(self, step: str, record: Any) -> None:
            super().add(step, record)
            if step == "pass 0":
                raise KeyboardInterrupt

    links = {"float32": FakeLink(4e5, TRUTH), "int8": FakeLink(1e5, TRUTH)}
    with contextlib.closing(SlowDisk(tmp_path / "journal.jsonl", key_of("this run"))) as journal:
        result = measured(tmp_path, links, journal=journal)
    assert not result.is_complete
    assert [len(one.raw.processes) for one in result.cases if one.raw is not None] == [1, 1]


def test_ctrl_c_while_the_workers_of_a_pass_are_ended_leaves_a_result_with_that_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(one: Pass, close: Callable[[Pass], None] = Pass.close) -> None:
        close(one)
        raise KeyboardInterrupt

    monkeypatch.setattr(Pass, "close", interrupted)
    result = measured(tmp_path, {"float32": FakeLink(4e5, TRUTH), "int8": FakeLink(1e5, TRUTH)})
    assert not result.is_complete
    assert [len(one.raw.processes) for one in result.cases if one.raw is not None] == [1, 1]


def test_ctrl_c_while_the_result_is_assembled_leaves_a_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    presses = iter([KeyboardInterrupt])

    def interrupted(*arguments: Any, make: Callable[..., Any] = thumbnails) -> Any:
        for press in presses:
            raise press
        return make(*arguments)

    monkeypatch.setattr("edgecnn.bench.run.thumbnails", interrupted)
    result = measured(tmp_path, {"float32": FakeLink(4e5, TRUTH), "int8": FakeLink(1e5, TRUTH)})
    assert not result.is_complete
    assert [len(one.raw.processes) for one in result.cases if one.raw is not None] == [2, 2]


def test_ctrl_c_before_anything_was_measured_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        measured(tmp_path, {"float32": FakeLink(1, TRUTH, interrupts_at=Load), "int8": FakeLink(1, TRUTH)})


def test_a_run_that_was_killed_goes_on_with_the_steps_that_are_left(tmp_path: Path) -> None:
    class Fatal(FakeLink):
        def ask(self, request: Request[Any]) -> Any:
            if isinstance(request, Load) and self.count(Load):
                raise RuntimeError("killed")
            return super().ask(request)

    path, key = tmp_path / "journal.jsonl", key_of("this run")
    links = {"float32": FakeLink(4e5, TRUTH), "int8": Fatal(1e5, TRUTH)}
    with pytest.raises(RuntimeError), contextlib.closing(Journal(path, key)) as journal:
        measured(tmp_path, links, journal=journal)
    with path.open("a") as file:
        file.write('{"step": "pass 1", "rec')  # a kill in the middle of a line
    again = {"float32": FakeLink(4e5, TRUTH), "int8": FakeLink(2e5, TRUTH)}
    with contextlib.closing(Journal(path, key, resume=True)) as journal:
        result = measured(tmp_path, again, journal=journal)
    assert again["int8"].count(Load) == 1
    raw = result.cases[1].raw
    assert raw is not None
    assert [process.rounds_ns[0][0] for process in raw.processes] == [100_000, 200_000]
    with contextlib.closing(Journal(path, key, resume=True)) as journal:
        links = {"float32": FakeLink(1, TRUTH), "int8": FakeLink(1, TRUTH)}
        resumed = measured(tmp_path, links, journal=journal)
    assert resumed == result


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "nothing to resume"),
        (json.dumps({"key": key_of("another run")}) + "\n", "other files, settings, images or versions"),
        ("[]\n", "damaged"),
        ("", "other files"),
    ],
    ids=["missing", "another", "damaged", "empty"],
)
def test_a_journal_that_cannot_be_resumed_says_why(tmp_path: Path, content: str | None, words: str) -> None:
    path = tmp_path / "journal.jsonl"
    if content is not None:
        path.write_text(content)
    with pytest.raises(MeasurementError, match=words):
        Journal(path, key_of("this run"), resume=True)


def test_a_record_that_cannot_be_read_is_told_in_a_line(tmp_path: Path) -> None:
    path, key = tmp_path / "journal.jsonl", key_of("this run")
    path.write_text(json.dumps({"key": key}) + "\n" + json.dumps({"step": "pass 0", "record": {}}) + "\n")
    with (
        contextlib.closing(Journal(path, key, resume=True)) as journal,
        pytest.raises(MeasurementError, match="is damaged; run without --resume"),
    ):
        journal.get("pass 0", PassRecord)


def test_a_journal_that_another_run_writes_is_left_as_it_is(tmp_path: Path) -> None:
    path, key = tmp_path / "journal.jsonl", key_of("this run")
    with contextlib.closing(Journal(path, key)):
        with path.open("a") as file:
            file.write('{"step": "pass 0", "rec')  # the other one is about to write the rest
        before = path.read_bytes()
        with pytest.raises(MeasurementError, match="another run writes into"):
            Journal(path, key, resume=True)
        assert path.read_bytes() == before


def test_a_throttled_pass_is_made_again_when_the_machine_is_cool(tmp_path: Path) -> None:
    hot = [Sample(0.0, throttled=0)] + [Sample(1.0, throttled=0x4)] * 8
    link = FakeLink(1e5, TRUTH)
    settings = dataclasses.replace(SETTINGS, processes=1, wait_cool=True)
    monitor = Monitor(Samples(*hot, Sample(2.0, throttled=0x40000)))
    result = measured(tmp_path, {"float32": FakeLink(1e6, TRUTH), "int8": link}, settings=settings, monitor=monitor)
    assert link.count(Load) == 2
    assert find(result).warnings == ()


@pytest.mark.parametrize("at", ["the wait", "the repeat"])
def test_ctrl_c_before_a_throttled_pass_was_made_again_leaves_that_pass(tmp_path: Path, at: str) -> None:
    class Waiting(Monitor):
        def wait_until_cool(self, sleep: Any = None) -> None:
            if at == "the wait":
                raise KeyboardInterrupt

    class Impatient(FakeLink):
        def ask(self, request: Request[Any]) -> Any:
            if isinstance(request, Load) and self.count(Load):
                raise KeyboardInterrupt
            return super().ask(request)

    monitor = Waiting(Samples(Sample(0.0, throttled=0), *[Sample(1.0, throttled=0x4)] * 20))
    links = {"float32": FakeLink(1e6, TRUTH), "int8": Impatient(1e5, TRUTH)}
    result = measured(tmp_path, links, settings=dataclasses.replace(SETTINGS, wait_cool=True), monitor=monitor)
    assert not result.is_complete
    assert [len(one.raw.processes) for one in result.cases if one.raw is not None] == [1, 1]
    assert [len(one.raw.processes[0].rounds_ns) for one in result.cases if one.raw is not None] == [4, 4]


def test_nothing_is_waited_for_after_the_last_attempt(tmp_path: Path) -> None:
    waits = []

    class Waiting(Monitor):
        def wait_until_cool(self, sleep: Any = None) -> None:
            waits.append(1)

    monitor = Waiting(Samples(Sample(0.0, throttled=0), *[Sample(1.0, throttled=0x4)] * 60))
    settings = dataclasses.replace(SETTINGS, processes=1, wait_cool=True)
    links = {"float32": FakeLink(1e6, TRUTH), "int8": FakeLink(1e5, TRUTH)}
    assert measured(tmp_path, links, settings=settings, monitor=monitor).is_complete
    assert len(waits) == 2


def test_settings_take_a_fourth_of_the_time_when_quick() -> None:
    from edgecnn.bench.settings import QUICK

    assert QUICK.processes * QUICK.rounds * 3 < Settings().processes * Settings().rounds
    assert QUICK.min_seconds * 4 <= Settings().min_seconds
