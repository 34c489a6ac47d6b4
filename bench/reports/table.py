"""What the tables of a run have in common: a row for each case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from edgecnn.bench.case import Role
from edgecnn.bench.summary import Summary
from edgecnn.reporting.blocks import Table

if TYPE_CHECKING:
    from edgecnn.bench.findings import Findings

_T = TypeVar("_T")
CellOf = Callable[[Summary], str]
"""Makes the cell of a case."""

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
    columns: Sequence[tuple[str, CellOf]],
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


def where_known(part: Callable[[Summary], _T | None]) -> Callable[[Callable[[_T], str]], CellOf]:
    """Return what makes a cell of a part of a summary; the cell is empty where there is no such part."""

    def make(text: Callable[[_T], str]) -> CellOf:
        def cell(summary: Summary) -> str:
            value = part(summary)
            return "" if value is None else text(value)

        return cell

    return make
