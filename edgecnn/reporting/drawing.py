"""Charts as SVG for a page: they take the page's colours, dark or light, and have a text alternative."""

from __future__ import annotations

import io
import re
import warnings
from math import ceil, floor, log10
from typing import Any

from edgecnn.reporting.blocks import Chart
from edgecnn.text import plain

INK, SOFT, GRID, PANEL = "#0a0a01", "#0a0a02", "#0a0a03", "#0a0a04"
SERIES = tuple(f"#0a0b0{number}" for number in range(1, 8))
"""Placeholders for variables of the style sheet, because Matplotlib accepts only real colours."""

_VARIABLES = {INK: "--ink", SOFT: "--soft", GRID: "--grid", PANEL: "--panel"} | {
    colour: f"--series-{number}" for number, colour in enumerate(SERIES, 1)
}
_WIDTH = 3.9
"""Inches: charts are drawn for a phone, where a point is about a pixel, and grow on larger screens."""
_BELOW, _RIGHT, _ABOVE = 0.42, 0.12, 0.2
"""Inches around the axes."""
_CLEAR = 1.15
"""The label of a tick that is nearer to the right end than this would be cut off."""
_LONGEST_NAME = 52

_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",  # text stays text: it can be selected, and is small
    "svg.hashsalt": "edgecnn",
    "text.parse_math": False,  # a name with dollar signs is not a formula
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": SOFT,
    "axes.linewidth": 0.6,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "lines.linewidth": 1.2,
}


def to_svg(chart: Chart) -> str:
    """Return a chart as markup that is safe to embed in a page; Matplotlib escapes the names in it."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    text = io.StringIO()
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about glyphs that Matplotlib's font lacks: the page's font may have them
        figure = Figure(figsize=(_WIDTH, chart.height))
        chart.paint(figure)
        figure.subplots_adjust(
            chart.left / _WIDTH, _BELOW / chart.height, 1 - _RIGHT / _WIDTH, 1 - _ABOVE / chart.height, hspace=0.6
        )
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(text, format="svg", transparent=True, metadata=nothing)
    return _for_page(text.getvalue(), chart.name, plain(chart.alternative, longest=None))


def _for_page(svg: str, name: str, alternative: str) -> str:
    """Return Matplotlib's SVG with the page's colours, unique ids, and a text alternative."""
    from html import escape

    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, f"var({variable})")
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'(url\(#|xlink:href="#)', lambda match: f"{match[1]}{name}-", svg)
    head = f'<svg class="chart" role="img" aria-label="{escape(alternative)}"'
    return re.sub(
        r"<svg\b", lambda _: head, re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1), count=1
    ).replace(' height="', ' data-height="', 1)


def shortened(name: str) -> str:
    """Return a name, shortened to fit into a chart."""
    return plain(name, _LONGEST_NAME)


def label_logarithmic(axis: Any, low: float, high: float) -> None:
    """Label a logarithmic axis with readable ticks, at 1, 2 and 5 where there is room."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    axis.set_major_locator(FixedLocator(_ticks(low, high)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value)))


def _ticks(low: float, high: float) -> list[float]:
    decades = range(floor(log10(low)), ceil(log10(high)) + 1)
    span = log10(high / low)
    steps = (1, 2, 5) if span < 2.2 else (1, 3) if span < 4 else (1,)
    return [step * 10.0**decade for decade in decades for step in steps if low <= step * 10.0**decade <= high / _CLEAR]


def _tick(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"
