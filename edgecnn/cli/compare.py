"""`edgecnn compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgecnn.bench.compare.tolerance import Tolerance
from edgecnn.cli.option_types import PERCENT, FiniteRange
from edgecnn.cli.options import OptionSet, as_json, field_option
from edgecnn.cli.screen import print_json, print_line, print_table
from edgecnn.reporting.formats import TEXTS

if TYPE_CHECKING:
    from edgecnn.bench.compare.runs import ComparedRuns


_SCREEN = "-"
_REPORTS = {report.name.lower(): report for report in TEXTS.values()}
"""The formats by option name."""

_report_files = OptionSet(
    "files",
    *(
        click.option(f"--{name}", metavar="FILE", help=f"Write {report.name} to FILE; - prints it to standard output.")
        for name, report in _REPORTS.items()
    ),
    build=lambda **files: {name: file for name, file in files.items() if file is not None},
)
"""A command gets `files`: for each name in `_REPORTS` that was given, the file."""


tolerance_options = OptionSet(
    "tolerance",
    field_option(
        Tolerance,
        "slower",
        "--fail-if-slower",
        type=PERCENT,
        default=f"{Tolerance().slower:.0%}",
        help="Fail a case that is shown to be slower by more than this.",
    ),
    field_option(
        Tolerance,
        "drop",
        "--fail-if-drop",
        type=FiniteRange(0, 100),
        metavar="POINTS",
        help="Fail a case that is shown to lose more percentage points of top-1 than this.",
    ),
    field_option(
        Tolerance,
        "bigger",
        "--fail-if-bigger",
        type=PERCENT,
        help="Fail a case whose file grew by more than this.  [default: no limit]",
    ),
    build=Tolerance,
)
"""The options for `Tolerance`."""


@click.command("compare")
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path))
@tolerance_options
@click.option("--strict", is_flag=True, help="Also fail if the data cannot decide, or if a case of OLD is missing.")
@click.option("--devices", is_flag=True, help="Only show all results side by side, one column each.")
@_report_files
@as_json
def command(
    results: tuple[Path, ...],
    tolerance: Tolerance,
    strict: bool,
    devices: bool,
    files: dict[str, str],
    as_json: bool,
) -> int:
    """Find out what became slower or less accurate between runs of `edgecnn bench`.

    RESULTS are result.json files: OLD first, then one or more NEW. Runs on the same machine are each compared with the
    first. For different machines, the last run of each is shown side by side. A change within the noise is not
    reported, and a disturbed run raises no alarm unless the change is beyond doubt.

    \b
    exit status 0: no regression shown   3: a regression   1: a file cannot be read
    """
    from edgecnn.bench.compare.as_json import to_values
    from edgecnn.bench.compare.runs import compare, read_runs
    from edgecnn.errors import GateError

    if len(results) < 2 and not devices:
        raise click.UsageError("give at least two results: OLD.json NEW.json")
    on_screen = [*(["--json"] if as_json else []), *(f"--{name} -" for name, file in files.items() if file == _SCREEN)]
    if len(on_screen) > 1:
        raise click.UsageError(f"{' and '.join(on_screen)} both write to standard output; choose one")
    compared = compare(read_runs(results), tolerance, devices_only=devices)
    _write(compared, files)
    if as_json:
        print_json(to_values(compared))
    elif not on_screen:
        _print(compared)
    failed = compared.is_regression or (strict and not devices and not compared.is_certain)
    return GateError.exit_status if failed else 0


def _write(compared: ComparedRuns, files: dict[str, str]) -> None:
    """Write the report in each format for which a file was given."""
    from edgecnn.bench.compare.document import comparison_document
    from edgecnn.files import write_atomic

    document = comparison_document(compared)
    for name, file in files.items():
        content = _REPORTS[name].write(document)
        if file == _SCREEN:
            click.echo(content, nl=False)
        else:
            write_atomic(Path(file), content)


def _print(compared: ComparedRuns) -> None:
    from edgecnn.bench.compare.tables import changes, details, devices
    from edgecnn.bench.compare.words import headline, limits, notes

    for comparison in compared.comparisons:
        for table in (changes(comparison), details(comparison)):
            print_table(table.columns, table.rows, title=table.title)
        for note in (*notes(comparison), limits(comparison)):
            print_line(f"note: {note}")
    if compared.devices:
        table = devices(compared.devices)
        print_table(table.columns, table.rows, title=table.title)
    for sentence in headline(compared):
        print_line(sentence)
