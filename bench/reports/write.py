"""Writing the reports of a run into a folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgecnn.bench.reports.html import to_html
from edgecnn.bench.reports.junit import to_junit
from edgecnn.bench.reports.markdown import to_markdown
from edgecnn.bench.reports.page import missing_packages
from edgecnn.bench.reports.spreadsheet import to_csv
from edgecnn.bench.result import RESULT_NAME
from edgecnn.files import write_atomic

if TYPE_CHECKING:
    from edgecnn.bench.findings import Findings


@dataclass(frozen=True, slots=True)
class Report:
    """A kind of report: the name of its file, and what makes its content from findings and the name of the raw file."""

    name: str
    make: Callable[[Findings, str], bytes]


FORMATS = {
    "html": Report("report.html", lambda findings, raw: _utf8(to_html(findings, raw))),
    "md": Report("report.md", lambda findings, raw: _utf8(to_markdown(findings, raw))),
    "csv": Report("bench.csv", lambda findings, _: _utf8(to_csv(findings))),
    "junit": Report("junit.xml", lambda findings, _: to_junit(findings)),
}
"""By the name of the format."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written where.

    Attributes:
        files: in `folder`.
        notes: what was left out, and why.
    """

    folder: Path
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()


def write_reports(
    findings: Findings, folder: Path, formats: tuple[str, ...] = tuple(FORMATS), raw: str | None = None
) -> Written:
    """Write the result with all raw samples, and a report in each of the formats.

    The HTML is left out, with a note, where the packages that draw it are not installed.

    Args:
        findings: of the run.
        folder: is made if it is not there.
        formats: names in `FORMATS`.
        raw: name of a file that has the result already; None writes `result.json`.

    Raises:
        OutputError: the folder cannot be written.
    """
    if raw is None:
        write_atomic(folder / RESULT_NAME, findings.result.to_json())
    missing = missing_packages() if "html" in formats else None
    made = [FORMATS[name] for name in formats if not (missing and name == "html")]
    for report in made:
        write_atomic(folder / report.name, report.make(findings, raw or RESULT_NAME))
    names = tuple(report.name for report in made)
    return Written(folder, names if raw else (RESULT_NAME, *names), (missing,) if missing else ())


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", errors="replace")
