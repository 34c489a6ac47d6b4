"""What sections of a document are made of: paragraphs, tables, charts and so on, as plain data.

Text may come from strangers; formats clean and escape it. Where a text is prose, words between backticks are code. A
format leaves out blocks that it cannot show.
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
    """A list of sentences, which are prose."""

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
    """What a reader must beware of.

    Attributes:
        kind: a word.
        what: what was seen.
        advice: what to do about it; prose.
        is_serious: whether figures are in doubt because of it.
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
        columns: heads, with units.
        rows: as many cells as `columns`.
        failed: name and reason of the cases that have no row because they failed.
        note: how to read it.
        texts: how many columns from the left are text; the others are numbers.
        is_heated: whether the cells are percents, of which those below 100 deserve a look.
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
        """The rows, and one for each failed case with the reason in its second cell."""
        empty = ("",) * (len(self.columns) - 2)
        return (*self.rows, *((name, f"failed: {reason}", *empty) for name, reason in self.failed))


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """A picture that is drawn when a format shows it, with its text alternative.

    Attributes:
        name: short and unique in the document, for anchors.
        alternative: what the picture shows, in words.
        paint: draws into a Matplotlib figure with the colours of `edgecnn.reporting.drawing`.
        height: in inches; the width is always the same.
        left: inches for what stands left of the axes. Margins are given, because to have Matplotlib find them costs as
            much as to draw.
        legend: names of series with the number of their colour, from 1 on.
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
    """Charts beside each other, as far as there is room."""

    charts: tuple[Chart, ...]


@dataclass(frozen=True, slots=True)
class NumberedChart:
    """A chart whose points have numbers, from 1 on.

    Attributes:
        names: of the points, each with the number of its colour.
        note: how to read it.
    """

    chart: Chart
    names: tuple[tuple[str, int], ...]
    note: str


@dataclass(frozen=True, slots=True)
class FactLists:
    """Names and values, in one list or several beside each other."""

    lists: tuple[NamedValues, ...]


@dataclass(frozen=True, slots=True)
class ConfusionMatrix:
    """How many images of each class (row) got each answer (column).

    Attributes:
        name: short and unique in the document, for anchors.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class CaptionedPicture:
    """A picture with what is said about it.

    Attributes:
        png: base64 text.
        alternative: the picture in words.
        title, note: of it.
        lines: what was said, and who said it.
    """

    png: str
    alternative: str
    title: str
    note: str
    lines: NamedValues


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures beside each other, and how to read them."""

    pictures: tuple[CaptionedPicture, ...]
    note: str


@dataclass(frozen=True, slots=True)
class ReportLink:
    """A link to another report of the same format.

    Attributes:
        text: of the link.
        folder: of the other report, relative to this one.
        rest: of the sentence.
    """

    text: str
    folder: str
    rest: str

    def address(self, file_name: str) -> str:
        """Return the relative URL of the report, which has that name in its folder."""
        return f"{quote(self.folder, errors='replace')}/{file_name}"


@dataclass(frozen=True, slots=True)
class Group:
    """Blocks under a heading of their own within a section."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Folded:
    """Blocks that a reader unfolds; `is_open` where a page shows them from the start."""

    title: str
    blocks: tuple[Block, ...]
    is_open: bool = False


Block = (
    Paragraph | Points | Badges | Cautions | Table | Chart | ChartGrid | NumberedChart | FactLists | ConfusionMatrix
    | Pictures | ReportLink | Group | Folded
)  # fmt: skip
