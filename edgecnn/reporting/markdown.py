"""A document as Markdown for forges; folded blocks are in `<details>`."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from edgecnn.reporting.blocks import (
    Badge,
    Badges,
    Block,
    Cautions,
    FactLists,
    Folded,
    Group,
    Paragraph,
    Points,
    ReportLink,
    Table,
)
from edgecnn.reporting.document import Document, Section
from edgecnn.text import markdown, plain

FILE_NAME = "report.md"

_CODE = r"`([^`]+)`"


def to_markdown(document: Document) -> str:
    """Return a document as Markdown; charts, matrices and pictures are omitted."""
    parts = [f"# {markdown(document.product)}: {markdown(document.title)}"]
    parts += [markdown(document.lead)] if document.lead else []
    parts += [_badges(document.badges)] if document.badges else []
    parts += ["## Verdict", _list(map(markdown, document.verdict))] if document.verdict else []
    for section in document.sections:
        parts += _section(section)
    parts += [markdown(document.footer)] if document.footer else []
    return "\n\n".join([*parts, ""]).rstrip("\n") + "\n"


def _section(section: Section) -> list[str]:
    if section.is_chapter:
        return _blocks(section.blocks, 2)
    parts = _blocks(section.blocks, 3)
    return [f"## {markdown(section.title)}", *parts] if parts else []


def _blocks(blocks: Sequence[Block], level: int) -> list[str]:
    """Return the parts to be separated by blank lines, with headings of that level; 0 is without headings."""
    return [part for block in blocks if (show := _SHOWN.get(type(block))) for part in show(block, level)]


def _group(group: Group, level: int) -> list[str]:
    parts = _blocks(group.blocks, level + 1)
    return [*_heading(group.title, level), *parts] if parts else []


def _folded(folded: Folded, _: int) -> list[str]:
    parts = _blocks(folded.blocks, 0)
    summary = f"<details><summary>{html.escape(plain(folded.title), quote=False)}</summary>"
    return [summary, *parts, "</details>"] if parts else []


def _table(table: Table, level: int) -> list[str]:
    right = len(table.columns) - table.texts
    lines = [_row(table.columns), "|" + "---|" * table.texts + "---:|" * right, *map(_row, table.lines)]
    note = [markdown(table.note)] if table.note else []
    return [*_heading(table.title, level), "\n".join(lines), *note]


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(map(markdown, cells)) + " |"


def _heading(title: str, level: int) -> list[str]:
    return [f"{'#' * level} {markdown(title)}"] if level else []


def _cautions(block: Cautions, _: int) -> list[str]:
    return [
        _list(
            f"**{markdown(caution.kind)}**: {markdown(caution.what)}. To do: {_prose(caution.advice)}."
            for caution in block.cautions
        )
    ]


def _facts(block: FactLists, _: int) -> list[str]:
    return [_list(f"{markdown(name)}: {markdown(value)}" for pairs in block.lists for name, value in pairs)]


def _link(link: ReportLink, _: int) -> list[str]:
    return [f"[{markdown(link.text)}]({link.address(FILE_NAME)}){markdown(link.rest)}"]


def _badges(badges: Iterable[Badge]) -> str:
    """Return badges in one line, the first word of each in bold."""
    return " · ".join(
        f"**{markdown(first.capitalize())}**{between}{markdown(rest)}"
        for first, between, rest in (badge.text.partition(" ") for badge in badges)
    )


def _prose(text: str) -> str:
    """Return text in which words between backticks are code."""
    parts = re.split(_CODE, text)
    return "".join(f"`{plain(part)}`" if number % 2 else markdown(part) for number, part in enumerate(parts))


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


_SHOWN: dict[type, Callable[[Any, int], list[str]]] = {
    Paragraph: lambda paragraph, _: [_prose(paragraph.text)],
    Points: lambda points, _: [_list(map(_prose, points.items))] if points.items else [],
    Badges: lambda block, _: [_badges(block.badges)] if block.badges else [],
    Cautions: _cautions,
    Table: _table,
    FactLists: _facts,
    ReportLink: _link,
    Group: _group,
    Folded: _folded,
}
"""The blocks that Markdown can show."""
