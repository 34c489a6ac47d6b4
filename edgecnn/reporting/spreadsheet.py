"""The figures of a document as comma-separated values."""

from __future__ import annotations

import csv
import io

from edgecnn.reporting.document import Document
from edgecnn.text import plain

FILE_NAME = "bench.csv"


def to_csv(document: Document) -> str:
    """Return a header and a row for each record; unknown values are empty.

    Reading a float back gives the same number.
    """
    columns = list(dict.fromkeys(name for record in document.records for name in record))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _inert(cell) for name, cell in record.items()} for record in document.records)
    return text.getvalue()


def _inert(cell: str | float | int | None) -> str | float | int | None:
    """Return a cell that no spreadsheet evaluates as a formula.

    Source: OWASP, "CSV injection".
    """
    if not isinstance(cell, str):
        return cell
    shown = plain(cell)
    return f"'{shown}" if shown[:1] in ("=", "+", "-", "@") else shown
