"""The report as Markdown: verdict, warnings, tables, and how it was measured."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from edgecnn.bench.reports.answer_tables import flipped
from edgecnn.bench.reports.formatting import plain
from edgecnn.bench.reports.method import machine_facts, method, version_facts
from edgecnn.bench.reports.table import Table
from edgecnn.bench.reports.tables import tables

if TYPE_CHECKING:
    from edgecnn.bench.findings import Findings

_MOST_FLIPS = 20

_MARKUP = re.compile(r"[\\`*<>\[\]|#~&]|(?<!\w)_|_(?!\w)|://")
"""What Markdown or the HTML in it would take as more than text. A link that is written out would be made one."""


def to_markdown(findings: Findings, raw: str = "result.json") -> str:
    """Return the report of a run whose result is kept in a file named `raw`."""
    lines = ["# edgecnn bench", ""]
    lines += ["## Verdict", "", *(f"- {escape(sentence)}" for sentence in findings.verdict)]
    if findings.warnings:
        lines += ["", "## Warnings", ""]
        lines += [f"- **{one.kind}**: {escape(one.what)}. To do: {_prose(one.advice)}." for one in findings.warnings]
    shown = [*tables(findings), flipped(findings, _MOST_FLIPS)]
    for table in shown:
        lines += _table(table) if table else []
    if findings.result.notes:
        lines += ["", "## Notes", "", *(f"- {escape(note)}." for note in findings.result.notes)]
    lines += ["", "## How it was measured", "", *(f"- {_prose(paragraph)}" for paragraph in method(findings, raw))]
    lines += ["", "## Machine and versions", ""]
    facts = (*machine_facts(findings.result.machine), *version_facts(findings.result))
    lines += [f"- {escape(name)}: {escape(value)}" for name, value in facts]
    return "\n".join([*lines, ""])


def escape(text: str) -> str:
    """Return text of any origin so that Markdown shows it as it is."""
    return _MARKUP.sub(lambda found: f"\\{found[0]}" if found[0] != "://" else ":\\//", plain(text))


def _prose(text: str) -> str:
    """Return text of ours, where code stands between backticks, and names of any origin may stand outside."""
    return "`".join(part if number % 2 else escape(part) for number, part in enumerate(text.split("`")))


def _table(table: Table) -> list[str]:
    left, right = table.texts, len(table.columns) - table.texts
    lines = ["", f"## {escape(table.title)}", "", _line(table.columns)]
    lines += ["|" + "---|" * left + "---:|" * right, *(_line(row) for row in table.lines)]
    return [*lines, "", escape(table.note)] if table.note else lines


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(escape(cell) for cell in cells) + " |"
