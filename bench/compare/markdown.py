"""A comparison as Markdown: short enough for a comment on a pull request, the rest folded."""

from __future__ import annotations

import re
from collections.abc import Iterable

from edgecnn.bench.compare.comparison import Comparison
from edgecnn.bench.compare.report import Report
from edgecnn.bench.compare.tables import changes, details, devices
from edgecnn.bench.compare.words import METHOD, headline, limits, notes
from edgecnn.bench.reports.table import Table

_MEANS_SOMETHING = re.compile(r"[\\`*\[\]|~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_NOTIFIES = re.compile(r"([@#])(?=\w)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def to_markdown(report: Report) -> str:
    """Return the report."""
    lines = []
    for comparison, sentence in zip(report.comparisons, headline(report), strict=False):
        lines += [f"**{escape(sentence)}**", "", *_table(changes(comparison)), "", *_folded(comparison)]
    if report.devices:
        if not report.comparisons:
            lines += [f"**{escape(headline(report)[0])}**", ""]
        lines += [*_table(devices(report.devices)), ""]
    return "\n".join(lines)


def escape(text: str) -> str:
    """Return text that Markdown shows as it is, on one line, and that mentions nobody on a forge.

    A zero-width space after @ and # is what bots use so that a name from outside notifies no user.
    """
    shown = "".join(_ENTITIES.get(character, character) for character in " ".join(text.split()))
    shown = _MEANS_SOMETHING.sub(lambda match: f"\\{match[0]}", shown)
    return _NOTIFIES.sub(r"\1&#8203;", shown)


def _folded(comparison: Comparison) -> list[str]:
    return [
        "<details><summary>Other figures, notes and method</summary>",
        "",
        *_table(details(comparison)),
        "",
        *(f"- {escape(note)}" for note in (*notes(comparison), limits(comparison), METHOD)),
        "",
        "</details>",
        "",
    ]


def _table(table: Table) -> list[str]:
    heads = ["---" if number < table.texts else "---:" for number in range(len(table.columns))]
    return [_line(map(escape, table.columns)), _line(heads), *(_line(map(escape, row)) for row in table.rows)]


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
