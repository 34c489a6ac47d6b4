"""A report as plain data, independent of its format."""

from __future__ import annotations

from dataclasses import dataclass

from edgecnn.reporting.blocks import Badge, Block, NamedValues

Record = dict[str, str | float | int | None]
"""A row of figures in SI units by column name; None is unknown."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document.

    Attributes:
        name: short and unique in the document, for anchors.
        label: the title in the table of contents; "" means `title`.
        is_chapter: whether it only groups blocks with titles of their own; a format without navigation omits its title.
    """

    name: str
    title: str
    blocks: tuple[Block, ...]
    label: str = ""
    is_chapter: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of a check against a limit.

    Attributes:
        subject: what was checked.
        name: of the limit.
        outcome: "passed", "failed", "skipped" if undecided, or "crashed".
        message: the reason, with figures.
    """

    subject: str
    name: str
    outcome: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Checks, and the system that they were made on.

    Attributes:
        created: ISO 8601.
        properties: of the machine and the software.
        output: further lines of text.
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
        title: its subject.
        lead: one line that introduces it.
        badges: its state.
        verdict: the most important sentences.
        footer: one line.
        records: the rows of a spreadsheet; empty if there are none.
        checks: None if nothing was checked.
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
