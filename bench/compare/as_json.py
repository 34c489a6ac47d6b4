"""A comparison as plain values for scripts."""

from __future__ import annotations

from typing import Any

from edgecnn.bench.compare.comparison import CaseChange, Comparison
from edgecnn.bench.compare.runs import ComparedRuns, deployed
from edgecnn.bench.compare.tables import devices
from edgecnn.bench.compare.words import headline, notes, outcome_words
from edgecnn.schema import encode


def to_values(compared: ComparedRuns) -> dict[str, Any]:
    """Return a comparison as dicts, lists and plain values; latencies are in seconds, ratios are NEW / OLD."""
    table = devices(compared.devices) if compared.devices else None
    return {
        "headline": headline(compared),
        "is_regression": compared.is_regression,
        "is_certain": compared.is_certain,
        "comparisons": [_comparison(comparison) for comparison in compared.comparisons],
        "devices": encode(table),
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    verdicts = {which: deployed(run.findings) for which, run in (("old", comparison.old), ("new", comparison.new))}
    return {
        "old": comparison.old.name,
        "new": comparison.new.name,
        "limits": encode(comparison.limits),
        "care": comparison.care,
        "noise_floors": [
            None if run.findings.a_a is None else run.findings.noise_floor for run in (comparison.old, comparison.new)
        ],
        "warnings": {
            which: encode(run.findings.warnings) for which, run in (("old", comparison.old), ("new", comparison.new))
        },
        "deployed": {which: None if case is None else case.name for which, case in verdicts.items()},
        "cases": [_case(change) for change in comparison.cases],
        "added": list(comparison.added),
        "removed": list(comparison.removed),
        "baseline": encode(comparison.baseline),
        "notes": list(notes(comparison)),
    }


def _case(change: CaseChange) -> dict[str, Any]:
    runs = (change.old, change.new)
    return {
        "name": change.case.name,
        "found": outcome_words(change),
        "regressions": list(change.regressions),
        "unknowns": list(change.unknowns),
        "latency": encode(change.latency),
        "accuracy": encode(change.accuracy),
        "p50_seconds": [None if run is None or change.latency is None else run.latency.p50.value for run in runs],
        "size_bytes": [None if run is None else run.raw.size_bytes for run in runs],
    }
