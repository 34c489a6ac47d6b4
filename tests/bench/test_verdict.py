"""The sentences at the top follow from the figures below."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgecnn.bench.case import Case, Role
from edgecnn.bench.findings import Findings, find
from edgecnn.bench.limits import BenchLimits, check_limits
from edgecnn.bench.requests import Load
from edgecnn.bench.run import run
from edgecnn.isolated.messages import Request
from edgecnn.limits import Outcome
from edgecnn.spec import Precision
from tests.bench.test_run import TRUTH, measured, wrong
from tests.fakes.worker import SETTINGS, FakeLink, dataset, make_plan, quiet, starter


def found(folder: Path, scripts: dict[str, FakeLink], limits: BenchLimits = BenchLimits()) -> Findings:
    return find(measured(folder, scripts), limits)


def test_it_names_the_fastest_file_within_the_drop(tmp_path: Path) -> None:
    links = {
        "float32": FakeLink(800_000, TRUTH),
        "float32_file": FakeLink(400_000, TRUTH),
        "int8_bad": FakeLink(50_000, wrong(20)),
        "int8_good": FakeLink(100_000, TRUTH),
    }
    result = measured(tmp_path, links)
    findings = find(result)
    assert findings.verdict[0].startswith("Deploy int8_good with 1 thread: median 100 µs an image (p90 100 µs), 8.00 ")
    assert findings.verdict[1].startswith(
        "int8 is worth it here: the best int8 file is 4.00 times faster than the best"
    )
    assert findings.verdict[2].startswith("Second choice: float32_file with 1 thread, at 4.00 times the latency")
    assert find(result, BenchLimits(max_drop=4.0)).verdict[0].startswith("Deploy int8_bad with 1 thread: median 50 µs")
    assert set(findings.pareto) == {"int8_bad", "int8_good"}
    assert [flip.image for flip in findings.flips] == list(range(20))
    assert findings.agreement[0][2] == pytest.approx(0.98)


def test_of_two_files_alike_in_latency_the_smaller_is_named_and_int8_is_not_called_faster(tmp_path: Path) -> None:
    links = {
        "float32": FakeLink(800_000, TRUTH),
        "float32_the_larger": FakeLink(100_000, TRUTH),
        "int8": FakeLink(100_000, TRUTH),
    }
    findings = found(tmp_path, links)
    assert findings.verdict[0].startswith("Deploy int8 ")
    assert "no difference in latency to float32 that can be measured" in findings.verdict[1]
    assert "no difference in latency that can be measured" in findings.verdict[2]
    assert "faster than float32" in findings.verdict[0]
    links["int8"] = FakeLink(104_000, TRUTH)  # less than a twentieth is no reason to choose
    assert found(tmp_path, links).verdict[0].startswith("Deploy int8 ")
    links["int8"] = FakeLink(108_000, TRUTH)
    assert found(tmp_path, links).verdict[0].startswith("Deploy float32_the_larger ")


def test_what_is_shown_to_be_more_accurate_is_named_with_what_it_costs(tmp_path: Path) -> None:
    links = {
        "float32": FakeLink(800_000, wrong(100)),
        "int8": FakeLink(100_000, wrong(100)),
        "int8_a_little_better": FakeLink(150_000, wrong(99)),
        "int8_better": FakeLink(200_000, wrong(50)),
        "int8_as_good_and_slower": FakeLink(300_000, wrong(50)),
        "int8_best": FakeLink(400_000, TRUTH),
    }
    verdict = found(tmp_path, links).verdict
    said = [one for one in verdict if one.startswith("More accurate: ")]
    assert len(said) == 2
    assert any(one.startswith("Second choice: int8_a_little_better ") for one in verdict)
    assert said[0].startswith("More accurate: int8_better with 1 thread, +5.00 points of top-1 (+3.")
    assert "at 2.00 times the latency (2.00 to 2.00), 2.75 times the size." in said[0]
    assert said[1].startswith("More accurate: int8_best with 1 thread, +10.00 points of top-1 (+8.")
    del links["int8_a_little_better"]
    assert not any(one.startswith("Second") for one in found(tmp_path, links).verdict), "int8_better is named already"


@pytest.mark.parametrize("latencies", [(100_000, 98_000), (98_000, 100_000)])
def test_cases_alike_in_latency_and_size_are_chosen_from_by_what_no_noise_moves(
    tmp_path: Path, latencies: tuple[int, int]
) -> None:
    links = {"float32": FakeLink(800_000, TRUTH)}
    links |= {name: FakeLink(ns, TRUTH) for name, ns in zip(("int8_a", "int8_b"), latencies, strict=True)}
    assert found(tmp_path, links).verdict[0].startswith("Deploy int8_a ")


def test_a_file_that_is_much_slower_is_not_taken_for_alike_because_processes_differ(tmp_path: Path) -> None:
    """Ratios of 1.15, 1.3 and 1.45 in three processes have an interval that holds 1."""

    class Lucky(FakeLink):
        def ask(self, request: Request[Any]) -> Any:
            if isinstance(request, Load):
                self.latency_ns += 15_000
            return super().ask(request)

    links = {
        "float32": FakeLink(800_000, TRUTH),
        "int8": Lucky(100_000, TRUTH),
        "int8_larger": FakeLink(100_000, TRUTH),
    }
    plan = make_plan(tmp_path, *((name, name.partition("_")[0]) for name in links))
    settings = dataclasses.replace(SETTINGS, processes=3)
    findings = find(run(plan, dataset(TRUTH), settings, start=starter(links), monitor=quiet()))
    assert findings.verdict[0].startswith("Deploy int8_larger ")


def test_a_choice_as_fast_as_the_baseline_is_not_called_faster(tmp_path: Path) -> None:
    verdict = found(tmp_path, {"float32": FakeLink(100_000, TRUTH), "int8": FakeLink(100_000, TRUTH)}).verdict
    assert "no difference in latency to float32 that can be measured" in verdict[0]


def test_a_slower_int8_is_not_worth_it_for_latency(tmp_path: Path) -> None:
    links = {
        "float32": FakeLink(100_000, TRUTH),
        "float32_file": FakeLink(200_000, TRUTH),
        "int8": FakeLink(400_000, TRUTH),
    }
    first, second, *_ = found(tmp_path, links).verdict
    assert "2.00 times slower than float32" in first
    assert second.startswith("int8 is not worth it here for latency: the best int8 file is 2.00 times slower")


def test_where_nothing_holds_nothing_is_recommended_and_the_reason_is_named(tmp_path: Path) -> None:
    links = {"float32": FakeLink(800_000, TRUTH), "int8": FakeLink(100_000, wrong(40))}
    (sentence,) = found(tmp_path, links).verdict
    assert sentence.startswith("None of the 1 artifacts is shown to keep to the limits: 1 fail in accuracy.")
    (sentence,) = found(tmp_path, links, BenchLimits(max_drop=5, max_latency=5e-5, max_size=1)).verdict
    assert "1 fail in latency; 1 fail in size" in sentence


def test_too_few_images_are_no_evidence_that_a_file_is_good(tmp_path: Path) -> None:
    """Ten right answers of ten leave room for a loss of several points."""
    plan = make_plan(tmp_path, ("float32", "float32"), ("int8", "int8"))
    links = {"float32": FakeLink(800_000, TRUTH[:10]), "int8": FakeLink(100_000, TRUTH[:10])}
    result = run(plan, dataset(TRUTH[:10]), SETTINGS, start=starter(links), monitor=quiet())
    assert "for 1 the images are too few to tell" in find(result).verdict[0]


@pytest.mark.parametrize(
    ("limits", "winner"),
    [
        (BenchLimits(), "int8_fast_but_large_file"),
        (BenchLimits(max_size=10_000), "int8_slow"),
        (BenchLimits(max_latency=150e-6, max_memory=40_000_000), "int8_fast_but_large_file"),
    ],
    ids=["none", "size", "latency and memory"],
)
def test_limits_decide(tmp_path: Path, limits: BenchLimits, winner: str) -> None:
    links = {
        "float32": FakeLink(800_000, TRUTH),
        "int8_fast_but_large_file": FakeLink(100_000, TRUTH),
        "int8_slow": FakeLink(200_000, TRUTH),
    }
    findings = found(tmp_path, links, limits)
    assert findings.verdict[0].startswith(f"Deploy {winner} ")
    for one in findings.summaries[1:]:
        if one.case.name == winner:
            assert all(result.outcome is Outcome.HOLDS for result in check_limits(one, limits))


def test_an_int8_baseline_is_no_evidence_of_accuracy(tmp_path: Path) -> None:
    """Two bad files can agree with each other."""
    links = {"int8": FakeLink(100_000, wrong(900)), "int8_other": FakeLink(50_000, wrong(900))}
    assert "could not be compared" in found(tmp_path, links).verdict[1]


def test_a_baseline_that_is_an_artifact_can_be_deployed(tmp_path: Path) -> None:
    links = {"float32": FakeLink(100_000, TRUTH), "int8": FakeLink(200_000, TRUTH)}
    plan = make_plan(tmp_path, *((name, name) for name in links))
    plan = dataclasses.replace(plan, cases=(dataclasses.replace(plan.cases[0], backend="litert"), plan.cases[1]))
    findings = find(run(plan, dataset(TRUTH), SETTINGS, start=starter(links), monitor=quiet()))
    assert findings.verdict[0].startswith("Deploy float32 ")


def test_a_baseline_that_is_an_artifact_is_not_said_to_be_compared_with_too_few_images(tmp_path: Path) -> None:
    links = {"float32": FakeLink(100_000, TRUTH), "int8": FakeLink(200_000, TRUTH)}
    plan = make_plan(tmp_path, *((name, name) for name in links))
    plan = dataclasses.replace(plan, cases=(dataclasses.replace(plan.cases[0], backend="litert"), plan.cases[1]))
    result = run(plan, dataset(TRUTH), SETTINGS, start=starter(links), monitor=quiet())
    findings = find(result, BenchLimits(max_latency=1e-6))
    assert findings.verdict[0].startswith("None of the 2 artifacts is shown to keep to the limits: 2 fail in latency.")


def test_where_the_noise_floor_is_unknown_small_differences_are_none(tmp_path: Path) -> None:
    findings = found(tmp_path, {"float32": FakeLink(103_000, TRUTH), "int8": FakeLink(100_000, TRUTH)})
    assert (findings.a_a, findings.noise_floor) == (None, 0.05)
    assert "no difference in latency to float32 that can be measured" in findings.verdict[0]


def test_the_twin_tells_the_noise_floor_and_is_no_candidate(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, ("float32", "float32"), ("int8", "int8"))
    baseline = plan.cases[0]
    copy = tmp_path / "float32_twin.tflite"
    copy.write_bytes(b"x")
    twin = dataclasses.replace(baseline, name="twin", path=str(copy), role=Role.TWIN)
    plan = dataclasses.replace(plan, cases=(*plan.cases, twin))
    links = {"float32": FakeLink(1e5, TRUTH), "float32_twin": FakeLink(1.12e5, TRUTH), "int8": FakeLink(9e4, TRUTH)}
    findings = find(run(plan, dataset(TRUTH), SETTINGS, start=starter(links), monitor=quiet()))
    assert findings.noise_floor == pytest.approx(0.12)
    assert findings.is_equal_to_baseline(findings.summaries[1])
    assert [warning.kind for warning in findings.warnings] == ["noise"]
    assert "twin" not in " ".join(findings.verdict)


def test_an_artifact_is_what_could_be_deployed() -> None:
    made = [Case("x", "x", "0", backend, Precision.INT8, 1, role) for backend in ("litert", "keras") for role in Role]
    assert [(case.backend, case.role) for case in made if case.is_artifact] == [
        ("litert", role) for role in Role if role is not Role.TWIN
    ]


def test_answers_of_many_classes_have_a_top_5(tmp_path: Path) -> None:
    from edgecnn.bench.accuracy import accuracy
    from edgecnn.bench.result import Images, Raw

    ranked = tuple(tuple(np.roll(np.arange(7), -shift)[:5].tolist()) for shift in (0, 1, 2, 3))
    raw = Raw(1, None, ranked, 1.0, ())
    images = Images("seven", "0", tuple("abcdefg"), (0, 2, 6, 1), 4)
    found = accuracy(raw, None, images)
    assert found is not None
    assert found.top5 is not None
    assert (found.top1.value, found.top5.value) == (0.25, 0.75)
    assert [one.value if one else None for one in found.per_class] == [1, 0, 0, None, None, None, 0]
