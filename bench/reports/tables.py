"""Which tables there are, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from edgecnn.bench.reports import answer_tables, case_tables
from edgecnn.bench.reports.table import Table
from edgecnn.profiling.rows import COLUMNS, rows, sentences
from edgecnn.text import plain

if TYPE_CHECKING:
    from edgecnn.bench.findings import Findings

TABLES: tuple[Callable[[Findings], Table | None], ...] = (
    case_tables.overview,
    case_tables.accuracy_and_size,
    case_tables.latency,
    case_tables.cold_start,
    case_tables.paced,
    case_tables.end_to_end,
    case_tables.throughput,
    case_tables.memory,
    case_tables.single_stream,
    case_tables.energy,
    answer_tables.per_class,
    answer_tables.agreement,
)
"""Each returns None where there is nothing to show."""


def tables(findings: Findings) -> tuple[Table, ...]:
    """Return the tables of a run, those of single operations last."""
    found = (make(findings) for make in TABLES)
    return (*(table for table in found if table is not None), *operations(findings))


def screen_tables(findings: Findings) -> tuple[Table, ...]:
    """Return the tables that a terminal shows."""
    return (case_tables.overview(findings),)


def operations(findings: Findings) -> tuple[Table, ...]:
    """Return a table of operations for each case that was profiled."""
    return tuple(
        Table(
            f"operations-{number}",
            f"Operations of {plain(one.case.name)}",
            COLUMNS,
            tuple(tuple(plain(cell) for cell in row) for row in rows(one.raw.profile)),
            note=" ".join(_sentence(line) for line in sentences(one.raw.profile)),
            texts=3,
        )
        for number, one in enumerate(findings.summaries, 1)
        if one.raw.profile
    )


def _sentence(text: str) -> str:
    """Return a remark with a capital and a full stop."""
    shown = plain(text)
    return f"{shown[:1].upper()}{shown[1:]}".removesuffix(".") + "."
