"""The report as Markdown: verdict, warnings, tables, and how it was measured."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from edgecnn.bench.reports.answer_tables import flipped
from edgecnn.bench.reports.method import machine_facts, method, version_facts
from edgecnn.bench.reports.table import Table
from edgecnn.bench.reports.tables import tables
from edgecnn.text import markdown

if TYPE_CHECKING:
    from edgecnn.bench.findings import Findings

_MOST_FLIPS = 20


def to_markdown(findings: Findings, raw: str = "result.json") -> str:
    """Return the report of a run whose result is kept in a file named `raw`."""
    lines = ["# edgecnn bench", ""]
    lines += ["## Verdict", "", *(f"- {markdown(sentence)}" for sentence in findings.verdict)]
    if findings.warnings:
        lines += ["", "## Warnings", ""]
        lines += [f"- **{one.kind}**: {markdown(one.what)}. To do: {_prose(one.advice)}." for one in findings.warnings]
    shown = [*tables(findings), flipped(findings, _MOST_FLIPS)]
    for table in shown:
        lines += _table(table) if table else []
    if findings.result.notes:
        lines += ["", "## Notes", "", *(f"- {markdown(note)}." for note in findings.result.notes)]
    lines += ["", "## How it was measured", "", *(f"- {_prose(paragraph)}" for paragraph in method(findings, raw))]
    lines += ["", "## Machine and versions", ""]
    facts = (*machine_facts(findings.result.machine), *version_facts(findings.result))
    lines += [f"- {markdown(name)}: {markdown(value)}" for name, value in facts]
    return "\n".join([*lines, ""])


def _prose(text: str) -> str:
    """Return text of ours, where code stands between backticks, and names of any origin may stand outside."""
    return "`".join(part if number % 2 else markdown(part) for number, part in enumerate(text.split("`")))


def _table(table: Table) -> list[str]:
    left, right = table.texts, len(table.columns) - table.texts
    lines = ["", f"## {markdown(table.title)}", "", _line(table.columns)]
    lines += ["|" + "---|" * left + "---:|" * right, *(_line(row) for row in table.lines)]
    return [*lines, "", markdown(table.note)] if table.note else lines


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(markdown(cell) for cell in cells) + " |"
