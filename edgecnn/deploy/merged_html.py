"""The report of several devices as one HTML file, in the style of the reports of a run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from edgecnn.bench.compare.comparison import Run
from edgecnn.bench.compare.tables import devices
from edgecnn.bench.reports.case_tables import overview
from edgecnn.bench.reports.html import warning_rows
from edgecnn.bench.reports.page import render
from edgecnn.bench.reports.table import Table
from edgecnn.bench.reports.write import FORMATS
from edgecnn.deploy.merged import COLUMNS, Section, row
from edgecnn.text import plain

REPORT_NAME = FORMATS["html"].name


def to_merged_html(sections: tuple[Section, ...]) -> str:
    """Return a page with what came of each device at the top and a section for each, which links to its own report.

    Raises:
        OutputError: a package that pages need is not installed.
    """
    runs = tuple(Run(section.name, section.findings) for section in sections if section.findings is not None)
    columns = COLUMNS[:-1]  # the verdict's sentences are in the sections, which a telephone has room for
    rows = tuple(tuple(plain(cell) for cell in row(section)[:-1]) for section in sections)
    return render(
        "devices.html.j2",
        sections=[_section(section, number) for number, section in enumerate(sections, 1)],
        failed=len(sections) - len(runs),
        overview=Table("states", "Devices", columns, rows, texts=len(columns)),
        side_by_side=devices(runs) if runs else None,
    )


def _section(section: Section, number: int) -> dict[str, Any]:
    """Return what the template shows of a device."""
    found = section.findings
    if found is None:
        return {"name": plain(section.name), "why": plain(section.why), "emulated": False, "table": None}
    return {
        "name": plain(section.name),
        "emulated": found.result.machine.emulated,
        "verdict": [plain(sentence) for sentence in found.verdict],
        "warnings": warning_rows(found),
        "table": replace(overview(found), name=f"overview-{number}"),
        "link": f"{quote(section.folder)}/{REPORT_NAME}",
    }
