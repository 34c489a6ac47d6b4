"""A report as plain data, before any format shows it."""

from __future__ import annotations

from dataclasses import dataclass

from edgecnn.reporting.blocks import Badge, Block, NamedValues

Record = dict[str, str | float | int | None]
"""A row of figures in SI units by the name of the column; None is unknown."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document.

    Attributes:
        name: short and unique in the document, for anchors.
        label: the title in a list of contents; "" is the same.
        is_chapter: whether it only groups blocks that have titles, so that a format without navigation needs no more.
    """

    name: str
    title: str
    blocks: tuple[Block, ...]
    label: str = ""
    is_chapter: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A limit, and how something stands to it.

    Attributes:
        subject: what was checked.
        name: of the limit.
        outcome: "passed", "failed", "skipped" where it cannot be told, or "crashed".
        message: the reason, with figures.
    """

    subject: str
    name: str
    outcome: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Checks, and where they were made.

    Attributes:
        created: ISO 8601.
        properties: of the machine and the software.
        output: sentences that go with them.
    """

    created: str
    properties: NamedValues
    checks: tuple[Check, ...]
    output: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A report.

    Attributes:
        product: the command that made it.
        title: what it is about.
        lead: one line about it.
        badges: its state.
        verdict: the sentences that matter most.
        footer: one line.
        records: all figures, a row each; empty where there are none for a spreadsheet.
        checks: None where nothing was checked.
    """

    product: str
    title: str
    sections: tuple[Section, ...]
    lead: str = ""
    badges: tuple[Badge, ...] = ()
    verdict: tuple[str, ...] = ()
    footer: str = ""
    records: tuple[Record, ...] = ()
    checks: CheckReport | None = None
