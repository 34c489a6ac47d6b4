"""The formats that a report can be written in: one file and one row each, for every kind of document."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from edgecnn.files import write_atomic
from edgecnn.reporting import html, junit, markdown, spreadsheet
from edgecnn.reporting.document import Document


@dataclass(frozen=True, slots=True)
class ReportFormat:
    """A format of reports.

    Attributes:
        name: as shown to users.
        file_name: of the report in a folder.
        part: the field of a document that it shows. If that is empty, the document has no report in this format.
        render: returns a document's text, or its bytes.
        missing: returns a message if a required package is not installed, else None.
    """

    name: str
    file_name: str
    part: str
    render: Callable[[Document], str | bytes]
    missing: Callable[[], str | None] = lambda: None

    def write(self, document: Document) -> bytes:
        """Return a document in this format, as UTF-8.

        Raises:
            OutputError: a required package is not installed.
        """
        content = self.render(document)
        return content if isinstance(content, bytes) else content.encode(errors="replace")


FORMATS = {
    "md": ReportFormat("Markdown", markdown.FILE_NAME, "sections", markdown.to_markdown),
    "html": ReportFormat("HTML", html.FILE_NAME, "sections", html.to_html, html.missing_packages),
    "csv": ReportFormat("CSV", spreadsheet.FILE_NAME, "records", spreadsheet.to_csv),
    "junit": ReportFormat("JUnit XML", junit.FILE_NAME, "checks", junit.to_junit),
}
"""The formats by their names on the command line."""

TEXTS = {name: report for name, report in FORMATS.items() if report.part == "sections"}
"""The formats that every document can be written in."""


@dataclass(frozen=True, slots=True)
class Written:
    """The files that were written.

    Attributes:
        files: in `folder`.
        notes: what was omitted, and why.
    """

    folder: Path
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()


def write_document(document: Document, folder: Path, formats: Iterable[str] = tuple(FORMATS)) -> Written:
    """Write a document into a folder in each of the formats that can show something of it.

    A format whose packages are not installed is omitted, with a note.

    Args:
        document: the report.
        folder: created if missing.
        formats: names in `FORMATS`.

    Raises:
        OutputError: the folder cannot be written to.
    """
    files: list[str] = []
    notes: list[str] = []
    for report in map(FORMATS.__getitem__, formats):
        if not getattr(document, report.part):
            continue
        if missing := report.missing():
            notes.append(missing)
            continue
        write_atomic(folder / report.file_name, report.write(document))
        files.append(report.file_name)
    return Written(folder, tuple(files), tuple(notes))
