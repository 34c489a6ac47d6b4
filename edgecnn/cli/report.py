"""Printing the result of a benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgecnn.cli.screen import print_json, print_table

if TYPE_CHECKING:
    from edgecnn.bench.result import Result


def print_result(result: Result, folder: Path, *, as_json: bool) -> None:
    """Print the figures as JSON, or table, verdict and where the reports are.

    Raises:
        MeasurementError: after printing, if every case failed.
    """
    from edgecnn.bench.summary import summarise
    from edgecnn.bench.table import tables
    from edgecnn.bench.verdict import verdict
    from edgecnn.errors import MeasurementError
    from edgecnn.schema import encode

    summaries = summarise(result)
    if as_json:
        cases = [{**encode(one), "raw": None} for one in summaries]
        failed = {one.case.name: one.error for one in result.cases if one.error is not None}
        found = {"verdict": verdict(result), "cases": cases, "failed": failed, "result": str(folder / "result.json")}
        print_json(found)
    else:
        for table in tables(result):
            print_table(table.columns, table.rows, title=table.title)
        for note in result.notes:
            click.echo(f"note: {note}")
        for sentence in verdict(result):
            click.echo(sentence)
        click.echo(f"Raw samples and method: {folder}/result.json, {folder}/report.md")
    if not summaries:
        raise MeasurementError(f"every case failed; the first: {result.cases[0].error}")
