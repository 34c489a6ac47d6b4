"""The checks of a run's cases against the limits that were set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgecnn.bench.limits import check_limits
from edgecnn.bench.reports.method import describe
from edgecnn.limits import Outcome
from edgecnn.reporting.document import Check, CheckReport

if TYPE_CHECKING:
    from edgecnn.bench.findings import Findings

_OUTCOMES = {Outcome.HOLDS: "passed", Outcome.DOES_NOT_HOLD: "failed"}
"""All other outcomes are undecided."""


def checks(findings: Findings) -> CheckReport:
    """Return a check for each artifact and limit, and one for each case that crashed."""
    result = findings.result
    return CheckReport(
        result.created,
        (("machine", describe(result.machine)), ("data", result.images.data), *result.versions.items()),
        (
            *(
                Check(summary.case.name, limit.name, _OUTCOMES.get(limit.outcome, "skipped"), limit.comparison)
                for summary in findings.summaries
                if summary.case.is_artifact
                for limit in check_limits(summary, findings.limits)
            ),
            *(
                Check(case.case.name, "measured", "crashed", case.error)
                for case in result.cases
                if case.error is not None
            ),
        ),
        (*findings.verdict, *(f"warning: {warning.what}; {warning.advice}" for warning in findings.warnings)),
    )
