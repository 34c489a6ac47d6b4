"""Writing the reports of a run to a folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from edgecnn.bench.reports.document import run_document
from edgecnn.bench.result import RESULT_NAME
from edgecnn.files import write_atomic
from edgecnn.reporting.formats import FORMATS, Written, write_document

if TYPE_CHECKING:
    from edgecnn.bench.findings import Findings


def write_reports(
    findings: Findings, folder: Path, formats: tuple[str, ...] = tuple(FORMATS), raw: str | None = None
) -> Written:
    """Write the result with all raw samples, and a report in each format.

    A format whose packages are not installed is omitted, with a note.

    Args:
        findings: of the run.
        folder: created if missing.
        formats: names in `edgecnn.reporting.formats.FORMATS`.
        raw: name of a file that already has the result; None writes `result.json`.

    Raises:
        OutputError: the folder cannot be written to.
    """
    if raw is not None:
        return write_document(run_document(findings, raw), folder, formats)
    write_atomic(folder / RESULT_NAME, findings.result.to_json())
    written = write_document(run_document(findings), folder, formats)
    return replace(written, files=(RESULT_NAME, *written.files))
