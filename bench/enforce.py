"""Enforcement of what the user asked for: a complete, undisturbed run with an artifact within the limits."""

from __future__ import annotations

from collections.abc import Collection

from edgecnn.bench.findings import Findings
from edgecnn.bench.verdict import accuracy_is_known
from edgecnn.errors import GateError, MeasurementError


def enforce(findings: Findings, *, asked: Collection[str] = (), strict: bool = False) -> None:
    """Raise unless a run is complete, undisturbed, and within the limits that were set.

    Args:
        findings: of the run.
        asked: names of the limits that the user set, even if to their defaults: "max_drop", "max_latency" and so on.
        strict: whether to refuse a disturbed run.

    Raises:
        KeyboardInterrupt: Ctrl-C ended the run early.
        GateError: no artifact is shown to meet the limits; or the run was disturbed and `strict` is set.
    """
    if not findings.result.is_complete:
        raise KeyboardInterrupt
    if asked and not findings.chosen:
        raise GateError("no artifact is shown to meet the limits that were set")
    if "max_drop" in asked and not accuracy_is_known(findings.summaries):
        raise GateError(
            "accuracy could not be compared with the original model's, so that no artifact is shown to meet "
            "--max-drop; give labelled images and the Keras model"
        )
    if strict and findings.is_disturbed:
        raise GateError("the run was disturbed (see the warnings), and --strict was given")


def refuse_empty(findings: Findings) -> None:
    """Raise unless an artifact could be measured.

    Raises:
        MeasurementError: none could be measured; the message contains the first error.
    """
    if not any(summary.case.is_artifact for summary in findings.summaries):
        errors = [f"{case.case.name}: {case.error}" for case in findings.result.cases if case.error is not None]
        raise MeasurementError(f"no artifact could be measured; the first error: {next(iter(errors), 'none')}")
