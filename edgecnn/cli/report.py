"""`edgecnn report`, and the output of `bench` and `demo`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgecnn.cli.limit_options import bench_limits
from edgecnn.cli.option_types import ManyOf
from edgecnn.cli.options import as_json
from edgecnn.cli.screen import print_json, print_line, print_table
from edgecnn.reporting.formats import FORMATS

if TYPE_CHECKING:
    from edgecnn.bench.findings import Findings
    from edgecnn.bench.limits import BenchLimits
    from edgecnn.reporting.formats import Written


@click.command("report")
@click.argument("result", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the reports.  [default: RESULT's own]"
)
@click.option("--format", "formats", type=ManyOf(FORMATS), help="Reports to write.  [default: all]")
@bench_limits
@as_json
def command(
    result: Path, out: Path | None, formats: tuple[str, ...] | None, limits: BenchLimits, as_json: bool
) -> None:
    """Rebuild the reports from a RESULT that `edgecnn bench` saved, here or on a device.

    This measures nothing and needs no runtime. Limits may differ from those of the run.

    \b
    edgecnn report pi5/result.json                       report.html, report.md, bench.csv, junit.xml beside it
    edgecnn report pi5/result.json --max-latency 5       the verdict under another limit
    """
    from edgecnn.bench.findings import read_findings
    from edgecnn.bench.reports import write_reports
    from edgecnn.errors import OutputError
    from edgecnn.files import check_writable

    for name in formats or ():
        if missing := FORMATS[name].missing():
            raise OutputError(missing)
    folder = out or result.parent
    findings = read_findings(result, limits)
    check_writable(folder)
    written = write_reports(findings, folder, formats or tuple(FORMATS), raw=result.name)
    print_findings(findings, written, as_json=as_json)


def print_findings(findings: Findings, written: Written, *, as_json: bool) -> None:
    """Print the figures as JSON, or tables, warnings, the verdict and the location of the reports.

    Raises:
        MeasurementError: after printing, if every case failed.
    """
    from edgecnn.bench.enforce import refuse_empty

    if as_json:
        print_json(_as_json(findings, written))
    else:
        _print_text(findings, written)
    refuse_empty(findings)


def _as_json(findings: Findings, written: Written) -> dict[str, object]:
    from edgecnn.schema import encode

    return {
        "verdict": findings.verdict,
        "warnings": encode(findings.warnings),
        "noise_floor": None if findings.a_a is None else findings.noise_floor,
        "cases": [{**encode(one), "raw": None} for one in findings.summaries],
        "failed": {one.case.name: one.error for one in findings.result.cases if one.error is not None},
        "files": [str(written.folder / name) for name in written.files],
        "notes": [*findings.result.notes, *written.notes],
    }


def _print_text(findings: Findings, written: Written) -> None:
    from edgecnn.bench.reports.case_tables import overview

    table = overview(findings)
    print_table(table.columns, table.lines, title=table.title, left=table.texts)
    for note in (*findings.result.notes, *written.notes):
        print_line(f"note: {note}")
    for warning in findings.warnings:
        print_line(f"warning: {warning.what}; {warning.advice}")
    for sentence in findings.verdict:
        print_line(sentence)
    print_line(f"Reports in {written.folder}: {', '.join(written.files)}")
