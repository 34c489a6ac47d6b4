"""What the tables of a run have in common: a row for each case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgecnn.bench.case import Role
from edgecnn.reporting.document import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edgecnn.bench.findings import Findings
    from edgecnn.bench.summary import Summary

_ROLES = {Role.BASELINE: " (baseline)", Role.TWIN: "", Role.REFERENCE: "", Role.CANDIDATE: ""}


def name_of(summary: Summary) -> str:
    """Return a case's name, and whether it is what ratios refer to."""
    return summary.case.name + _ROLES[summary.case.role]


def failures(findings: Findings) -> tuple[tuple[str, str], ...]:
    """Return name and reason of each case that failed."""
    return tuple(
        (case.case.name, case.error or "it was not measured")
        for case in findings.result.cases
        if case.raw is None or case.error is not None
    )


def case_table(
    name: str,
    title: str,
    columns: Sequence[tuple[str, Callable[[Summary], str]]],
    summaries: Sequence[Summary],
    *,
    failed: tuple[tuple[str, str], ...] = (),
    note: str = "",
) -> Table:
    """Return a table with a row for each of `summaries`; a column without any content is left out.

    Args:
        name, title, note: of the table.
        columns: heads, and what gives the cell.
        summaries: of the cases.
        failed: what `failures` found, to be listed.
    """
    cells = [(head, [cell(summary) for summary in summaries]) for head, cell in columns]
    kept = [(head, column) for head, column in cells if any(column)]
    rows = zip([name_of(summary) for summary in summaries], *(column for _, column in kept), strict=True)
    return Table(name, title, ("case", *(head for head, _ in kept)), tuple(rows), failed, note)
