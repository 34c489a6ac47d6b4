"""The harness: turns, failures, and figures that follow from the samples."""

from __future__ import annotations

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

TRUTH = [0, 1] * 50


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
    assert all(turn == {"do": "measure", "warm_up": 2, "count": 5} for turn in turns[0])
    assert all(turn == {"do": "measure", "warm_up": 2, "count": 8} for turn in turns[1])
    assert [len(samples) for samples in result.cases[1].raw.rounds_ns] == [8] * SETTINGS.rounds


def test_the_figures_follow_from_the_samples(tmp_path: Path) -> None:
    wrong_once = [1, *TRUTH[1:]]
    links = [FakeLink(400_000, TRUTH), FakeLink(100_000, wrong_once)]
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
    assert case.throughput == pytest.approx(100.0)
    assert case.raw.load_seconds == pytest.approx(0.002)


@pytest.mark.parametrize("moment", ["load", "classify", "measure", "memory"])
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
    assert verdict(result)[0].startswith("Deploy int8x: median 2 µs")


def test_a_result_survives_its_file(tmp_path: Path) -> None:
    result = measured(tmp_path, [FakeLink(400_000, TRUTH), FakeLink(1_000, TRUTH)], ["float32", "int8"])
    write_atomic(tmp_path / "result.json", result.to_json())
    assert read_result(tmp_path / "result.json") == result


def test_a_result_of_a_newer_edgecnn_is_refused(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(json.dumps({"schema_version": 99}))
    with pytest.raises(MeasurementError, match="update edgecnn"):
        read_result(tmp_path / "result.json")


def test_the_verdict_names_the_fastest_file_within_the_drop(tmp_path: Path) -> None:
    two_wrong = [1, 0, *TRUTH[2:]]
    links = [FakeLink(800_000, TRUTH), FakeLink(400_000, TRUTH), FakeLink(50_000, two_wrong), FakeLink(100_000, TRUTH)]
    result = measured(tmp_path, links, ["float32", "float32", "int8", "int8"])
    assert verdict(result)[0].startswith("Deploy int8xxx: median 100 µs an image, 8.0 times faster than float32,")
    assert verdict(result, max_drop=2.0)[0].startswith("Deploy int8xx: median 50 µs")
    assert "4.00 times faster than the best float32 file here (4.00 to 4.00)" in verdict(result)[1]


def test_of_two_equally_fast_files_the_smaller_is_named_and_int8_is_not_called_faster(tmp_path: Path) -> None:
    links = [FakeLink(800_000, TRUTH), FakeLink(100_000, TRUTH), FakeLink(100_000, TRUTH)]
    result = measured(tmp_path, links, ["float32", "float32", "int8"])
    assert verdict(result)[0].startswith("Deploy int8xx")
    assert verdict(result)[1].startswith("int8 is no faster than float32 here that could be measured")


def test_where_nothing_holds_nothing_is_recommended(tmp_path: Path) -> None:
    links = [FakeLink(800_000, TRUTH), FakeLink(100_000, [1, 0, *TRUTH[2:]])]
    result = measured(tmp_path, links, ["float32", "int8"])
    assert verdict(result) == ("None of the 1 artifacts is within 1 points of the baseline: deploy none.",)


def test_the_report_has_verdict_tables_and_method(tmp_path: Path) -> None:
    result = measured(tmp_path, [FakeLink(400_000, TRUTH), FakeLink(1_000, TRUTH)], ["float32", "int8"])
    text = to_markdown(result)
    assert verdict(result)[0] in text
    for table in tables(result):
        for row in table.rows:
            assert "| " + " | ".join(row) + " |" in text
    assert "4 rounds" in text
    assert "100 of two kinds" in text
