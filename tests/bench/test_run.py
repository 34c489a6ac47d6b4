"""The harness: turns, failures, and figures that follow from the samples."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from edgecnn.bench.markdown import to_markdown
from edgecnn.bench.result import read_result
from edgecnn.bench.run import run, turn_orders
from edgecnn.bench.summary import summarise
from edgecnn.bench.table import tables
from edgecnn.bench.verdict import verdict
from edgecnn.errors import MeasurementError
from edgecnn.files import write_atomic
from tests.bench.fakes import SETTINGS, FakeLink, dataset, make_plan, starter

TRUTH = [0, 1] * 500


def wrong(count: int) -> list[int]:
    """Return the right answers but for the first `count`."""
    return [1 - label for label in TRUTH[:count]] + TRUTH[count:]


def measured(folder: Path, links: list[FakeLink], precisions: list[str]) -> Any:
    plan = make_plan(
        folder, *((f"{precision}{'x' * number}", precision) for number, precision in enumerate(precisions))
    )
    return run(plan, dataset(TRUTH), SETTINGS, start=starter(links))


def test_in_each_round_every_case_has_one_turn_in_an_order_drawn_anew() -> None:
    orders = list(turn_orders(5, 40, seed=3))
    assert all(sorted(order) == [0, 1, 2, 3, 4] for order in orders)
    assert len({tuple(order) for order in orders}) > 20
    assert orders == list(turn_orders(5, 40, seed=3))
    assert orders != list(turn_orders(5, 40, seed=4))


def test_a_turn_is_as_many_calls_as_fit_and_the_first_of_them_do_not_count(tmp_path: Path) -> None:
    slow, fast = FakeLink(400_000, TRUTH), FakeLink(1_000, TRUTH)
    result = measured(tmp_path, [slow, fast], ["float32", "int8"])
    turns = [
        [command for command in link.asked if command["do"] == "measure"][-SETTINGS.rounds :] for link in (slow, fast)
    ]
    assert all(turn == {"do": "measure", "warm_up": 2, "count": 2} for turn in turns[0])
    assert all(turn == {"do": "measure", "warm_up": 2, "count": 8} for turn in turns[1])
    assert [len(samples) for samples in result.cases[1].raw.rounds_ns] == [8] * SETTINGS.rounds


def test_the_figures_follow_from_the_samples(tmp_path: Path) -> None:
    links = [FakeLink(400_000, TRUTH), FakeLink(100_000, wrong(10))]
    baseline, case = summarise(measured(tmp_path, links, ["float32", "int8"]))
    assert case.latency.p50 == case.latency.p99 == pytest.approx(1e-4)
    assert case.latency.speedup is not None
    assert case.latency.speedup.value == pytest.approx(4.0)
    assert baseline.latency.speedup is None
    assert case.accuracy is not None
    assert case.accuracy.difference is not None
    assert case.accuracy.top1.value == pytest.approx(0.99)
    assert case.accuracy.difference.value == pytest.approx(-0.01)
    assert case.accuracy.agreement == pytest.approx(0.99)
    assert case.throughput == pytest.approx(1000.0)
    assert case.raw.load_seconds == pytest.approx(0.002)


@pytest.mark.parametrize("moment", ["load", "classify", "measure"])
def test_a_case_that_dies_is_one_row_and_the_others_go_on(tmp_path: Path, moment: str) -> None:
    links = [FakeLink(400_000, TRUTH), FakeLink(1_000, TRUTH, fails_at=moment), FakeLink(2_000, TRUTH)]
    result = measured(tmp_path, links, ["float32", "int8", "int8"])
    assert [one.error for one in result.cases] == [None, "the worker was ended by SIGKILL", None]
    assert len(summarise(result)) == 2
    assert "failed: the worker was ended by SIGKILL" in to_markdown(result)
    assert all(link.closed for link in (links[0], links[2]))


def test_a_failed_baseline_leaves_the_other_figures(tmp_path: Path) -> None:
    links = [FakeLink(1, TRUTH, fails_at="load"), FakeLink(2_000, TRUTH)]
    result = measured(tmp_path, links, ["float32", "int8"])
    (only,) = summarise(result)
    assert only.latency.speedup is None
    assert verdict(result) == (
        "Deploy int8x: median 2 µs an image, top-1 100.0%, 0.01 MB.",
        "Its accuracy could not be compared with the original model's: this rests on latency alone.",
    )


def test_a_result_survives_its_file(tmp_path: Path) -> None:
    result = measured(tmp_path, [FakeLink(400_000, TRUTH), FakeLink(1_000, TRUTH)], ["float32", "int8"])
    write_atomic(tmp_path / "result.json", result.to_json())
    assert read_result(tmp_path / "result.json") == result


def test_a_result_of_a_newer_edgecnn_is_refused(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(json.dumps({"schema_version": 99}))
    with pytest.raises(MeasurementError, match="update edgecnn"):
        read_result(tmp_path / "result.json")


def test_the_verdict_names_the_fastest_file_within_the_drop(tmp_path: Path) -> None:
    links = [FakeLink(800_000, TRUTH), FakeLink(400_000, TRUTH), FakeLink(50_000, wrong(20)), FakeLink(100_000, TRUTH)]
    result = measured(tmp_path, links, ["float32", "float32", "int8", "int8"])
    assert verdict(result)[0].startswith("Deploy int8xxx: median 100 µs an image, 8.00 times faster than float32,")
    assert verdict(result, max_drop=4.0)[0].startswith("Deploy int8xx: median 50 µs")
    assert "4.00 times faster than the best float32 file here (4.00 to 4.00)" in verdict(result)[1]


def test_of_two_equally_fast_files_the_smaller_is_named_and_int8_is_not_called_faster(tmp_path: Path) -> None:
    links = [FakeLink(800_000, TRUTH), FakeLink(100_000, TRUTH), FakeLink(100_000, TRUTH)]
    result = measured(tmp_path, links, ["float32", "float32", "int8"])
    assert verdict(result)[0].startswith("Deploy int8xx")
    assert verdict(result)[1].startswith("int8 is no faster than float32 here that could be measured")


def test_where_nothing_holds_nothing_is_recommended(tmp_path: Path) -> None:
    links = [FakeLink(800_000, TRUTH), FakeLink(100_000, wrong(20))]
    result = measured(tmp_path, links, ["float32", "int8"])
    assert verdict(result)[0].startswith("None of the 1 artifacts is shown to lose at most 1 points to the baseline")


def test_a_slower_file_is_called_slower(tmp_path: Path) -> None:
    links = [FakeLink(100_000, TRUTH), FakeLink(200_000, TRUTH), FakeLink(400_000, TRUTH)]
    result = measured(tmp_path, links, ["float32", "float32", "int8"])
    assert "2.00 times slower than float32" in verdict(result)[0]
    assert "2.00 times slower than the best float32 file here (2.00 to 2.00)" in verdict(result)[1]


def test_an_int8_baseline_is_no_evidence_of_accuracy(tmp_path: Path) -> None:
    """Two bad files can agree with each other."""
    links = [FakeLink(100_000, wrong(900)), FakeLink(50_000, wrong(900))]
    result = measured(tmp_path, links, ["int8", "int8"])
    assert verdict(result)[1].startswith("Its accuracy could not be compared")


def test_too_few_images_are_no_evidence_that_a_file_is_good(tmp_path: Path) -> None:
    """Ten right answers of ten leave room for a loss of several points."""
    plan = make_plan(tmp_path, ("float32", "float32"), ("int8x", "int8"))
    links = [FakeLink(800_000, TRUTH[:10]), FakeLink(100_000, TRUTH[:10])]
    result = run(plan, dataset(TRUTH[:10]), SETTINGS, start=starter(links))
    assert "10 images are too few to tell" in verdict(result)[0]


def test_cases_of_one_name_keep_their_own_figures(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, ("float32", "float32"), ("int8x", "int8"))
    twins = dataclasses.replace(plan, cases=(*plan.cases, dataclasses.replace(plan.cases[1], threads=2)))
    links = [FakeLink(800_000, TRUTH), FakeLink(100_000, TRUTH), FakeLink(300_000, TRUTH)]
    latency = tables(run(twins, dataset(TRUTH), SETTINGS, start=starter(links)))[1]
    assert [row[1] for row in latency.rows] == ["800", "100", "300"]


def test_a_turn_of_a_slow_case_is_one_call_and_one_to_warm_up(tmp_path: Path) -> None:
    slow = FakeLink(500_000_000, TRUTH)
    measured(tmp_path, [slow], ["float32"])
    turns = [command for command in slow.asked if command["do"] == "measure"][-SETTINGS.rounds :]
    assert all(turn == {"do": "measure", "warm_up": 1, "count": 1} for turn in turns)


def test_the_report_has_verdict_tables_and_method(tmp_path: Path) -> None:
    result = measured(tmp_path, [FakeLink(400_000, TRUTH), FakeLink(1_000, TRUTH)], ["float32", "int8"])
    text = to_markdown(result)
    assert verdict(result)[0] in text
    for table in tables(result):
        for row in table.rows:
            assert "| " + " | ".join(row) + " |" in text
    assert "4 rounds" in text
    assert "1,000 of two kinds" in text
