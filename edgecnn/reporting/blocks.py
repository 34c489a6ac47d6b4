"""The blocks of a document's sections, as plain data: paragraphs, tables, charts and so on.

Text may come from strangers; formats clean and escape it. In prose, words between backticks are code. A format omits
blocks that it cannot show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

NamedValues = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Prose."""

    text: str


@dataclass(frozen=True, slots=True)
class Points:
    """A list of sentences of prose."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Badge:
    """A state in a few words: good, bad, or neither (None)."""

    text: str
    is_good: bool | None = None


@dataclass(frozen=True, slots=True)
class Badges:
    """Several badges in a row."""

    badges: tuple[Badge, ...]


@dataclass(frozen=True, slots=True)
class Caution:
    """A warning to the reader.

    Attributes:
        kind: one word.
        what: the observation.
        advice: what to do about it; prose.
        is_serious: whether it puts figures in doubt.
    """

    kind: str
    what: str
    advice: str
    is_serious: bool


@dataclass(frozen=True, slots=True)
class Cautions:
    """A list of cautions."""

    cautions: tuple[Caution, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Text in rows and columns.

    Attributes:
        name: short and unique in the document, for anchors.
        columns: headings, with units.
        rows: each has as many cells as `columns`.
        failed: names and reasons of the failed cases, which have no row.
        note: how to read it.
        texts: how many columns from the left are text; the others are numbers.
        is_heated: whether the cells are percentages to be coloured the more, the further they are below 100.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    failed: NamedValues = ()
    note: str = ""
    texts: int = 1
    is_heated: bool = False

    @property
    def lines(self) -> tuple[tuple[str, ...], ...]:
        """The rows, then one for each failed case with the reason in its second cell."""
        empty = ("",) * (len(self.columns) - 2)
        return (*self.rows, *((name, f"failed: {reason}", *empty) for name, reason in self.failed))


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """A chart that is drawn when a format shows it, with its text alternative.

    Attributes:
        name: short and unique in the document, for anchors.
        alternative: a description of the chart.
        paint: draws into a Matplotlib figure with the colours of `edgecnn.reporting.drawing`.
        height: in inches; the width is always the same.
        left: the margin left of the axes, in inches. Margins are explicit because Matplotlib takes as long to find them
            as to draw the chart.
        legend: names of series with the numbers of their colours, from 1.
    """

    name: str
    title: str
    alternative: str
    paint: Callable[[Any], None]
    height: float
    left: float = 0.58
    legend: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ChartGrid:
    """Charts side by side where there is room."""

    charts: tuple[Chart, ...]


@dataclass(frozen=True, slots=True)
class NumberedChart:
    """A chart whose points are numbered from 1.

    Attributes:
        names: of the points, each with the number of its colour, in order.
        note: how to read it.
    """

    chart: Chart
    names: tuple[tuple[str, int], ...]
    note: str


@dataclass(frozen=True, slots=True)
class FactLists:
    """Names and values, in one list or in several side by side."""

    lists: tuple[NamedValues, ...]


@dataclass(frozen=True, slots=True)
class ConfusionMatrix:
    """The number of images of each class (row) that got each answer (column).

    Attributes:
        name: short and unique in the document, for anchors.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class CaptionedPicture:
    """A picture and its captions.

    Attributes:
        png: base64 text.
        alternative: a description of the picture.
        title, note: above the lines.
        lines: answers, and who gave them.
    """

    png: str
    alternative: str
    title: str
    note: str
    lines: NamedValues


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures side by side, and how to read them."""

    pictures: tuple[CaptionedPicture, ...]
    note: str


@dataclass(frozen=True, slots=True)
class ReportLink:
    """A link to another report of the same format.

    Attributes:
        text: the link text.
        folder: of the other report, relative to this one.
        rest: the rest of the sentence.
    """

    text: str
    folder: str
    rest: str

    def address(self, file_name: str) -> str:
        """Return the relative URL of the file with that name in the other report's folder."""
        return f"{quote(self.folder, errors='replace')}/{file_name}"


@dataclass(frozen=True, slots=True)
class Group:
    """Blocks under a heading within a section."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Folded:
    """Blocks that a reader can unfold; `is_open` if a page shows them from the start."""

    title: str
    blocks: tuple[Block, ...]
    is_open: bool = False


Block = (
    Paragraph | Points | Badges | Cautions | Table | Chart | ChartGrid | NumberedChart | FactLists | ConfusionMatrix
    | Pictures | ReportLink | Group | Folded
)  # fmt: skip
