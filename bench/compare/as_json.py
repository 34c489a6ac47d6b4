"""A comparison as plain values for scripts."""

from __future__ import annotations

from typing import Any

from edgecnn.bench.compare.comparison import CaseChange, Comparison
from edgecnn.bench.compare.runs import ComparedRuns, deployed
from edgecnn.bench.compare.tables import devices
from edgecnn.bench.compare.words import found, headline, notes
from edgecnn.schema import encode


def to_values(compared: ComparedRuns) -> dict[str, Any]:
    """Return a comparison as dicts, lists and plain values; latencies in seconds, ratios NEW by OLD."""
    table = devices(compared.devices) if compared.devices else None
    return {
        "headline": headline(compared),
        "is_regression": compared.is_regression,
        "is_certain": compared.is_certain,
        "comparisons": [_comparison(one) for one in compared.comparisons],
        "devices": encode(table),
    }


def _comparison(one: Comparison) -> dict[str, Any]:
    verdicts = {which: deployed(run.findings) for which, run in (("old", one.old), ("new", one.new))}
    return {
        "old": one.old.name,
        "new": one.new.name,
        "limits": encode(one.limits),
        "care": one.care,
        "noise_floors": [None if run.findings.a_a is None else run.findings.noise_floor for run in (one.old, one.new)],
        "warnings": {which: encode(run.findings.warnings) for which, run in (("old", one.old), ("new", one.new))},
        "deployed": {which: None if case is None else case.name for which, case in verdicts.items()},
        "cases": [_case(change) for change in one.cases],
        "added": list(one.added),
        "removed": list(one.removed),
        "baseline": encode(one.baseline),
        "notes": list(notes(one)),
    }


def _case(one: CaseChange) -> dict[str, Any]:
    runs = (one.old, one.new)
    return {
        "name": one.case.name,
        "found": found(one),
        "regressions": list(one.regressions),
        "unknowns": list(one.unknowns),
        "latency": encode(one.latency),
        "accuracy": encode(one.accuracy),
        "p50_seconds": [None if run is None or one.latency is None else run.latency.p50.value for run in runs],
        "size_bytes": [None if run is None else run.raw.size_bytes for run in runs],
    }
