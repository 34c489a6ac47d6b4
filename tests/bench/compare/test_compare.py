"""What is called a regression, with exact numbers."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from edgecnn.bench.compare.as_json import to_values
from edgecnn.bench.compare.comparison import CaseChange, Comparison
from edgecnn.bench.compare.document import comparison_document
from edgecnn.bench.compare.latency import LatencyOutcome
from edgecnn.bench.compare.runs import ComparedRuns, compare, deployed
from edgecnn.bench.compare.tolerance import Tolerance
from edgecnn.bench.compare.words import headline, notes
from edgecnn.errors import MeasurementError
from edgecnn.reporting.html import to_html
from edgecnn.reporting.markdown import to_markdown
from tests.fakes.runs import EMULATED, PI, SETTINGS, Made, answers, baselines, even, make_run

LIMITS = Tolerance()
FAST, SLOW = even(1e-4), even(1.2e-4)


def cases(latencies: Any = FAST, baseline: Any = None, name: str = "a-int8.tflite", **kinds: Any) -> list[Made]:
    return [*baselines(even(1e-3) if baseline is None else baseline), Made(name, latencies, **kinds)]


def compared(old: list[Made], new: list[Made], limits: Tolerance = LIMITS, **new_kinds: Any) -> Comparison:
    report = compare((make_run("old.json", old), make_run("new.json", new, **new_kinds)), limits)
    (comparison,) = report.comparisons
    return comparison


def only(comparison: Comparison) -> CaseChange:
    (change,) = comparison.cases
    return change


def outcome(comparison: Comparison) -> LatencyOutcome:
    change = only(comparison).latency
    assert change is not None
    return change.outcome


def test_a_case_that_takes_longer_while_the_baseline_does_not_is_slower() -> None:
    comparison = compared(cases(), cases(SLOW))
    change = only(comparison)
    assert change.latency is not None
    assert change.latency.relative is not None
    assert change.latency.relative.value == pytest.approx(1.2)
    assert change.regressions == ("slower",)
    assert comparison.is_regression


def test_a_machine_that_became_slower_is_no_regression() -> None:
    assert outcome(compared(cases(), cases(SLOW, baseline=even(1.2e-3)))) is LatencyOutcome.NOT_SLOWER


def test_a_baseline_that_was_held_up_in_old_is_no_regression() -> None:
    """The ratio says three times slower, but the latency is what it was."""
    comparison = compared(cases(baseline=even(3e-3)), cases())
    assert outcome(comparison) is LatencyOutcome.CANNOT_TELL
    assert "does not confirm" in " ".join(notes(comparison))
    assert not comparison.is_regression


def test_the_limit_decides_what_is_slower() -> None:
    assert outcome(compared(cases(), cases(SLOW), Tolerance(slower=0.25))) is LatencyOutcome.NOT_SLOWER
    assert outcome(compared(cases(), cases(even(1.04e-4)))) is LatencyOutcome.NOT_SLOWER
    assert outcome(compared(cases(SLOW), cases())) is LatencyOutcome.FASTER


def test_what_is_within_the_noise_floor_is_not_called_slower() -> None:
    """The twin differs from the baseline by 30 %, so that 20 % are nothing."""
    twin = baselines(even(1e-3), even(1.3e-3))
    old = [*twin, Made("a-int8.tflite", FAST)]
    new = [*twin, Made("a-int8.tflite", SLOW)]
    assert outcome(compared(old, new)) is LatencyOutcome.CANNOT_TELL


@pytest.mark.parametrize(
    ("latencies", "expected"),
    [
        (FAST, LatencyOutcome.CANNOT_TELL),
        (even(1.09e-4), LatencyOutcome.CANNOT_TELL),
        (even(1.5e-4), LatencyOutcome.SLOWER),
    ],
    ids=["same", "9 %", "50 %"],
)
def test_in_a_disturbed_run_only_what_is_beyond_twice_the_limit_counts(
    latencies: Any, expected: LatencyOutcome
) -> None:
    comparison = compared(cases(), cases(latencies), busy_elsewhere=1.0)
    assert outcome(comparison) is expected
    assert "NEW was disturbed (load)" in comparison.care
    assert any(note.startswith("NEW was disturbed: other processes used 1.00 cores") for note in notes(comparison))


def test_without_a_common_baseline_latencies_are_compared_as_they_are_and_that_is_said() -> None:
    other = [dataclasses.replace(made, sha256="other") for made in baselines(even(1e-3))]
    comparison = compared(cases(), [*other, Made("a-int8.tflite", even(1.08e-4))])
    change = only(comparison).latency
    assert change is not None
    assert change.relative is None
    assert change.outcome is LatencyOutcome.CANNOT_TELL
    assert "no common baseline" in " ".join(notes(comparison))


def test_another_version_of_the_baselines_runtime_is_another_baseline() -> None:
    comparison = compared(cases(), cases(), versions={"edgecnn": "1.0", "tensorflow": "2.1", "ai-edge-litert": "2.0"})
    assert comparison.baseline is None
    assert "tensorflow 2.0 → 2.1" in " ".join(notes(comparison))


@pytest.mark.parametrize(
    ("latency", "expected"), [(1e-3, LatencyOutcome.BASELINE), (1.5e-3, LatencyOutcome.CANNOT_TELL)]
)
def test_a_baseline_that_became_slower_is_not_called_slower_and_not_called_not_worse(
    latency: float, expected: LatencyOutcome
) -> None:
    pair = [dataclasses.replace(one, backend="litert", path="/x/a-float32.tflite") for one in baselines(even(1e-3))]
    slow = [dataclasses.replace(one, latencies=even(latency)) for one in pair]
    comparison = compared([*pair, Made("b", FAST)], [*slow, Made("b", even(latency / 10))])
    found = {one.case.name: one.latency.outcome for one in comparison.cases if one.latency}
    assert found == {"model in Keras": expected, "b": LatencyOutcome.NOT_SLOWER}
    assert comparison.is_certain == (expected is LatencyOutcome.BASELINE)


def test_one_process_does_not_show_how_processes_vary_so_that_it_takes_more() -> None:
    settings = dataclasses.replace(SETTINGS, processes=1)
    comparison = compared(cases(), cases(even(1.09e-4)), settings=settings)
    assert outcome(comparison) is LatencyOutcome.CANNOT_TELL
    assert "how processes vary" in comparison.care


def test_cases_are_matched_without_their_folder_and_the_rest_is_listed() -> None:
    old = [*cases(path="/one/a.tflite"), Made("gone", FAST, path="/one/gone.tflite")]
    new = [*cases(path="/two/deep/a.tflite"), Made("fresh", FAST, path="/two/fresh.tflite")]
    comparison = compared(old, new)
    assert [one.case.path for one in comparison.cases] == ["/two/deep/a.tflite"]
    assert (comparison.added, comparison.removed) == (("fresh",), ("gone",))
    assert not comparison.is_certain


def test_files_of_one_name_in_two_folders_are_matched_by_the_names_of_their_cases() -> None:
    def two(seconds: float) -> list[Made]:
        return [
            *cases(name="x/m on litert", path="/x/m.tflite"),
            Made("y/m on litert", even(seconds), path="/y/m.tflite"),
        ]

    comparison = compared(two(1e-4), two(2e-4))
    assert {one.case.name: one.regressions for one in comparison.cases} == {
        "x/m on litert": (),
        "y/m on litert": ("slower",),
    }


def test_runs_with_nothing_in_common_are_refused() -> None:
    with pytest.raises(MeasurementError, match=r"no case in common: a in one, b in the other"):
        compared(cases(name="a"), cases(name="b"))


def test_a_case_that_worked_and_fails_now_is_a_regression() -> None:
    comparison = compared(cases(), cases(error="the worker was ended by SIGSEGV"))
    assert only(comparison).regressions == ("failed",)
    assert "failed: the worker was ended by SIGSEGV" in headline(ComparedRuns((comparison,), ()))[0]


def test_a_case_that_failed_before_is_no_regression() -> None:
    assert not compared(cases(error="no"), cases()).is_regression
    assert not compared(cases(error="no"), cases(error="no")).is_regression


@pytest.mark.parametrize(
    ("wrong", "regressions", "unknowns"),
    [(0, (), ()), (4, (), ("accuracy",)), (30, ("less accurate",), ())],
    ids=["same", "a few", "many"],
)
def test_accuracy_is_compared_on_the_same_images(
    wrong: int, regressions: tuple[str, ...], unknowns: tuple[str, ...]
) -> None:
    change = only(compared(cases(), cases(answers=answers(wrong))))
    assert (change.regressions, change.unknowns) == (regressions, unknowns)
    assert change.accuracy is not None
    assert change.accuracy.difference is not None
    assert change.accuracy.difference.value == pytest.approx(-wrong / 1000)
    assert (change.accuracy.lost, change.accuracy.gained) == (wrong, 0)


def test_on_other_images_a_loss_blames_no_file() -> None:
    comparison = compared(cases(), cases(answers=answers(300)), images="j" * 64)
    change = only(comparison)
    assert change.regressions == ()
    assert change.accuracy is not None
    assert change.accuracy.difference is not None
    assert change.accuracy.difference.low == pytest.approx(-0.3291, abs=2e-4)  # Newcombe's interval of 0.7 and 1.0
    assert change.accuracy.difference.high == pytest.approx(-0.2720, abs=2e-4)
    assert "The images differ" in " ".join(notes(comparison))


def test_without_labels_only_the_share_of_same_answers_is_known() -> None:
    old = make_run("old", cases(), labels=None)
    new = make_run("new", cases(answers=answers(100)), labels=None)
    (comparison,) = compare((old, new), LIMITS).comparisons
    change = only(comparison).accuracy
    assert change is not None
    assert change.agreement == pytest.approx(0.9)
    assert change.outcome is None


def test_a_bigger_file_is_a_regression_only_if_asked_for() -> None:
    old, new = cases(size_bytes=1000), cases(size_bytes=1200)
    assert only(compared(old, new)).regressions == ()
    assert only(compared(old, new, Tolerance(bigger=0.1))).regressions == ("bigger",)


def test_a_changed_verdict_is_told() -> None:
    def run(seconds: float) -> list[Made]:
        return [*cases(even(seconds)), Made("b-int8.tflite", even(2e-4), size_bytes=100_000)]

    comparison = compared(run(1e-4), run(4e-4))
    assert "The verdict changed: deploy a-int8.tflite → deploy b-int8.tflite." in notes(comparison)
    case = deployed(comparison.new.findings)
    assert case is not None
    assert case.name == "b-int8.tflite"


def test_the_worst_case_comes_first() -> None:
    def run(first: float, second: float) -> list[Made]:
        return [*cases(even(first), name="a"), Made("b", even(second)), Made("c", FAST)]

    comparison = compared(run(1e-4, 1e-4), run(1.2e-4, 1.5e-4))
    assert [one.case.name for one in comparison.cases] == ["b", "a", "c"]


def test_other_machines_are_put_side_by_side_and_never_compared() -> None:
    runs = (make_run("pc.json", cases()), make_run("pi.json", cases(SLOW), machine=PI))
    report = compare(runs, LIMITS)
    assert report.comparisons == ()
    assert report.devices == runs
    assert not report.is_certain


def test_of_each_machine_the_latest_run_is_shown_beside_the_others() -> None:
    old, new, pi = (make_run(name, cases(), **kind) for name, kind in (("a", {}), ("b", {}), ("c", {"machine": PI})))
    report = compare((old, pi, new), LIMITS)
    assert [(one.old, one.new) for one in report.comparisons] == [(old, new)]
    assert report.devices == (new, pi)


def test_no_latency_of_an_emulated_processor_is_shown() -> None:
    emulated = make_run("em.json", cases(even(123.456)), machine=EMULATED)
    report = compare((make_run("pc.json", cases()), emulated), LIMITS)
    text = to_markdown(comparison_document(report))
    assert "EMULATED (em.json)" in text
    assert "emulated, 100.0 %" in text
    assert "123" not in text
    again = compare((emulated, make_run("again.json", cases(even(234.5)), machine=EMULATED)), LIMITS)
    assert only(again.comparisons[0]).latency is None
    for told in (to_markdown(comparison_document(again)), to_html(comparison_document(again)), str(to_values(again))):
        assert "no latency was compared" in told
        assert not any(digits in told for digits in ("123,456", "234,5", "123.4", "234.5"))


HOSTILE = "a|b<script>alert(1)</script>`*[x](y)@team#7\n# big .tflite"


def test_hostile_names_are_text_in_markdown() -> None:
    report = compare((make_run("old", cases(name=HOSTILE)), make_run("new", cases(SLOW, name=HOSTILE))), LIMITS)
    text = to_markdown(comparison_document(report))
    assert "<script>" not in text
    assert "@team" not in text
    assert "#7" not in text
    row = next(line for line in text.splitlines() if line.startswith("| a"))
    assert row.replace("\\|", "").count("|") == 7


def test_hostile_names_are_text_in_html() -> None:
    compared = compare((make_run("<b>", cases(name=HOSTILE)), make_run("new", cases(name=HOSTILE))), LIMITS)
    html = to_html(comparison_document(compared))
    assert "<script>alert" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
