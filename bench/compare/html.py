"""A comparison as one HTML file, in the style of the reports of a run."""

from __future__ import annotations

from dataclasses import replace

from edgecnn.bench.compare.report import Report
from edgecnn.bench.compare.tables import changes, details, devices
from edgecnn.bench.compare.words import METHOD, headline, limits, notes
from edgecnn.bench.reports.page import render
from edgecnn.bench.reports.table import Table


def to_html(report: Report) -> str:
    """Return a page that needs no other file and makes no request.

    Raises:
        OutputError: a package that pages need is not installed.
    """
    return render(
        "comparison.html.j2",
        headline=headline(report),
        is_regression=report.is_regression,
        is_certain=report.is_certain,
        comparisons=[
            (
                _named(changes(one), number),
                _named(details(one), number),
                notes(one),
                limits(one),
                (one.old.name, one.new.name),
            )
            for number, one in enumerate(report.comparisons, 1)
        ],
        devices=devices(report.devices) if report.devices else None,
        method=METHOD,
    )


def _named(table: Table, number: int) -> Table:
    """Return a table whose anchor is its own on a page with several comparisons."""
    return replace(table, name=f"{table.name}-{number}")
