"""When a run is not what was asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgecnn.bench.enforce import enforce, refuse_empty
from edgecnn.bench.findings import Findings, find
from edgecnn.bench.limits import BenchLimits
from edgecnn.errors import GateError, MeasurementError
from tests.fakes import synthetic
from tests.fakes.runs import Made, baselines, even, make_result

QUIET = find(make_result([*baselines(even(1e-3)), Made("net-int8.tflite", even(5e-4))]))


def no_labels() -> Findings:
    """Return what follows where nobody knows the accuracy."""
    return replace(QUIET, summaries=tuple(replace(summary, accuracy=None) for summary in QUIET.summaries))


def test_a_complete_run_is_accepted() -> None:
    enforce(QUIET)
    enforce(QUIET, asked=("max_drop", "max_size"), strict=True)


def test_a_run_that_was_stopped_is_an_interrupt() -> None:
    stopped = replace(QUIET, result=replace(QUIET.result, is_complete=False))
    with pytest.raises(KeyboardInterrupt):
        enforce(stopped)


def test_limits_that_nothing_keeps_to_fail_only_if_they_were_asked_for() -> None:
    none_chosen = find(QUIET.result, BenchLimits(max_latency=1e-9))
    enforce(none_chosen)
    with pytest.raises(GateError, match="no artifact is shown to meet the limits"):
        enforce(none_chosen, asked=("max_latency",))


def test_a_limit_on_accuracy_needs_an_accuracy() -> None:
    enforce(no_labels(), asked=("max_size",))
    with pytest.raises(GateError, match="accuracy could not be compared"):
        enforce(no_labels(), asked=("max_drop",))


def test_a_disturbed_run_fails_only_if_strict() -> None:
    disturbed = find(synthetic.result(synthetic.PI))
    assert disturbed.is_disturbed
    enforce(disturbed)
    with pytest.raises(GateError, match="--strict"):
        enforce(disturbed, strict=True)


def test_a_run_without_any_artifact_that_could_be_measured_names_the_first_error() -> None:
    refuse_empty(QUIET)
    failed = find(make_result([*baselines(even(1e-3)), Made("net-int8.tflite", even(1), error="it crashed")]))
    with pytest.raises(MeasurementError, match="the first error: net-int8.tflite: it crashed"):
        refuse_empty(failed)
