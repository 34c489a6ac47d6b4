"""The operations of the cases that were profiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgecnn.bench.reports.profile_charts import rooflines
from edgecnn.profiling.rows import COLUMNS, rows, sentences
from edgecnn.reporting.blocks import Block, Folded, Table

if TYPE_CHECKING:
    from edgecnn.bench.findings import Findings
    from edgecnn.profiling.result import Profile


def operations(findings: Findings) -> tuple[Block, ...]:
    """Return the table of each profile, and its roofline if the case is among the fastest; the first is unfolded."""
    profiled = [
        (number, summary, summary.raw.profile)
        for number, summary in enumerate(findings.summaries, 1)
        if summary.raw.profile
    ]
    charts = rooflines(findings)
    return tuple(
        Folded(
            f"Operations of {summary.case.name}",
            (_table(number, summary.case.name, profile), *([charts[number]] if number in charts else [])),
            is_open=number == profiled[0][0],
        )
        for number, summary, profile in profiled
    )


def _table(number: int, name: str, profile: Profile) -> Table:
    note = " ".join(_sentence(line) for line in sentences(profile))
    return Table(f"operations-{number}", f"Operations of {name}", COLUMNS, rows(profile), note=note, texts=3)


def _sentence(text: str) -> str:
    """Return a remark with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}".removesuffix(".") + "."
