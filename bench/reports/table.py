"""Tables with one row per case."""

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
"""A function from a case to its cell."""

_ROLES = {Role.BASELINE: " (baseline)", Role.TWIN: "", Role.REFERENCE: "", Role.CANDIDATE: ""}


def name_of(summary: Summary) -> str:
    """Return a case's name, marked if it is the baseline."""
    return summary.case.name + _ROLES[summary.case.role]


def failures(findings: Findings) -> tuple[tuple[str, str], ...]:
    """Return the name of each failed case and the reason."""
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
    """Return a table with one row for each of `summaries`, without empty columns.

    Args:
        name, title, note: of the table.
        columns: headings, and functions that make the cells.
        summaries: of the cases.
        failed: the cases without a row, from `failures`.
    """
    cells = [(head, [cell(summary) for summary in summaries]) for head, cell in columns]
    kept = [(head, column) for head, column in cells if any(column)]
    rows = zip([name_of(summary) for summary in summaries], *(column for _, column in kept), strict=True)
    return Table(name, title, ("case", *(head for head, _ in kept)), tuple(rows), failed, note)


def where_known(part: Callable[[Summary], _T | None]) -> Callable[[Callable[[_T], str]], CellOf]:
    """Return a function that makes cells from a part of a summary; a cell is empty where that part is None."""

    def make(text: Callable[[_T], str]) -> CellOf:
        def cell(summary: Summary) -> str:
            value = part(summary)
            return "" if value is None else text(value)

        return cell

    return make
