"""A comparison as Markdown: short enough for a comment on a pull request, the rest folded."""

from __future__ import annotations

from collections.abc import Iterable

from edgecnn.bench.compare.comparison import Comparison
from edgecnn.bench.compare.report import Report
from edgecnn.bench.compare.tables import changes, details, devices
from edgecnn.bench.compare.words import METHOD, headline, limits, notes
from edgecnn.bench.reports.table import Table
from edgecnn.text import markdown


def to_markdown(report: Report) -> str:
    """Return the report."""
    lines = []
    for comparison, sentence in zip(report.comparisons, headline(report), strict=False):
        lines += [f"**{markdown(sentence)}**", "", *_table(changes(comparison)), "", *_folded(comparison)]
    if report.devices:
        if not report.comparisons:
            lines += [f"**{markdown(headline(report)[0])}**", ""]
        lines += [*_table(devices(report.devices)), ""]
    return "\n".join(lines)


def _folded(comparison: Comparison) -> list[str]:
    return [
        "<details><summary>Other figures, notes and method</summary>",
        "",
        *_table(details(comparison)),
        "",
        *(f"- {markdown(note)}" for note in (*notes(comparison), limits(comparison), METHOD)),
        "",
        "</details>",
        "",
    ]


def _table(table: Table) -> list[str]:
    heads = ["---" if number < table.texts else "---:" for number in range(len(table.columns))]
    return [_line(map(markdown, table.columns)), _line(heads), *(_line(map(markdown, row)) for row in table.rows)]


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
