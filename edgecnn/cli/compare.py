"""`edgecnn compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgecnn.cli.option_types import PERCENT, FiniteRange
from edgecnn.cli.options import as_json

if TYPE_CHECKING:
    from edgecnn.bench.compare.report import Report


@click.command("compare")
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--fail-if-slower",
    "slower",
    type=PERCENT,
    default="5%",
    show_default=True,
    help="A case fails that is shown to be slower by more than this.",
)
@click.option(
    "--fail-if-drop",
    "drop",
    type=FiniteRange(0, 100),
    metavar="POINTS",
    default=0.5,
    show_default=True,
    help="A case fails that is shown to lose more points of top-1 than this.",
)
@click.option(
    "--fail-if-bigger", "bigger", type=PERCENT, help="A case fails whose file grew by more than this.  [default: any]"
)
@click.option("--strict", is_flag=True, help="Fail too where it cannot be told, or a case of OLD is gone.")
@click.option("--devices", is_flag=True, help="Compare nothing: show all results side by side, a column each.")
@click.option(
    "--markdown", metavar="FILE", help="Write Markdown for a comment on a pull request; - is the screen, and all of it."
)
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Write one HTML file.")
@as_json
def command(
    results: tuple[Path, ...],
    slower: float,
    drop: float,
    bigger: float | None,
    strict: bool,
    devices: bool,
    markdown: str | None,
    html: Path | None,
    as_json: bool,
) -> int:
    """Find out what became slower or less accurate between runs of `edgecnn bench`.

    RESULTS are files result.json: OLD first, then NEW, one or more. Runs on one machine are compared, each with the
    first; of different machines the last run of each is shown side by side. A change within the noise is not called
    one, and a run that was disturbed gives no alarm unless it is beyond doubt.

    \b
    exit status 0: no regression shown   3: a regression   1: a file cannot be read
    """
    from edgecnn.bench.compare.report import compare, read_runs
    from edgecnn.bench.compare.tolerance import Tolerance
    from edgecnn.errors import GateError

    if len(results) < 2 and not devices:
        raise click.UsageError("give two results or more: OLD.json NEW.json")
    if as_json and markdown == "-":
        raise click.UsageError("--json and --markdown - both want the screen; choose one")
    report = compare(read_runs(results), Tolerance(slower, drop, bigger), devices_only=devices)
    _write(report, markdown, html)
    _show(report, as_json=as_json, markdown=markdown == "-")
    failed = report.is_regression or (strict and not devices and not report.is_certain)
    return GateError.exit_status if failed else 0


def _write(report: Report, markdown: str | None, html: Path | None) -> None:
    from edgecnn.bench.compare.markdown import to_markdown
    from edgecnn.files import write_atomic

    if markdown is not None and markdown != "-":
        write_atomic(Path(markdown), to_markdown(report).encode())
    if html is not None:
        from edgecnn.bench.compare.html import to_html

        write_atomic(html, to_html(report).encode())


def _show(report: Report, *, as_json: bool, markdown: bool) -> None:
    from edgecnn.bench.compare.as_json import to_values
    from edgecnn.bench.compare.markdown import to_markdown
    from edgecnn.cli.screen import print_json

    if as_json:
        print_json(to_values(report))
    elif markdown:
        click.echo(to_markdown(report), nl=False)
    else:
        _print(report)


def _print(report: Report) -> None:
    from edgecnn.bench.compare.tables import changes, details, devices
    from edgecnn.bench.compare.words import headline, limits, notes
    from edgecnn.cli.screen import print_line, print_table

    for comparison in report.comparisons:
        for table in (changes(comparison), details(comparison)):
            print_table(table.columns, table.rows, title=table.title)
        for note in (*notes(comparison), limits(comparison)):
            print_line(f"note: {note}")
    if report.devices:
        table = devices(report.devices)
        print_table(table.columns, table.rows, title=table.title)
    for sentence in headline(report):
        print_line(sentence)
