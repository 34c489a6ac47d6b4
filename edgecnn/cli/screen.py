"""Terminal output: progress on stderr, tables and results on stdout."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

from edgecnn.progress import Progress
from edgecnn.text import plain, visible

_WIDEST = 1000


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, indent=1))


def print_line(text: str, *, err: bool = False) -> None:
    """Print one line; control characters, such as an escape in a file name, are shown instead of obeyed."""
    click.echo(visible(text), err=err)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, title: str = "", left: int = 1) -> None:
    """Print a table; the first `left` columns are aligned to the left, the others, numbers, to the right."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(plain(title)) if title else None, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for index, column in enumerate(columns):
        table.add_column(Text(plain(column)), justify="left" if index < left else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))  # plain text: [x] is no markup
    console = Console()
    needed = console.measure(table, options=console.options.update_width(_WIDEST)).maximum
    if needed > console.width:  # a narrow terminal wraps lines, which loses nothing; Rich would cut the figures
        console = Console(width=needed)
    console.print(table)


@contextlib.contextmanager
def progress_bar() -> Iterator[Progress]:
    """Yield a progress callback that draws a bar on a terminal, and otherwise prints each new step as a line.

    It writes to a copy of the file descriptor, so that it stays visible while stderr is redirected.
    """
    with os.fdopen(os.dup(sys.stderr.fileno()), "w") as stream:
        if not stream.isatty():
            yield _line_printer(stream)
            return
        from rich import progress as rich
        from rich.console import Console
        from rich.markup import escape

        with rich.Progress(
            rich.SpinnerColumn(),
            rich.TextColumn("{task.description}"),
            rich.BarColumn(),
            rich.TextColumn("{task.percentage:>3.0f} %"),
            rich.TimeElapsedColumn(),
            rich.TimeRemainingColumn(),
            console=Console(file=stream),
            transient=True,
            auto_refresh=False,  # no drawing thread, which would disturb measurements
            redirect_stdout=False,
            redirect_stderr=False,
        ) as bar:
            task = bar.add_task("", total=None)

            def show(what: str, done: float, total: float | None, detail: str = "") -> None:
                bar.update(
                    task,
                    description=escape(visible(f"{what}: {detail}" if detail else what)),
                    completed=done,
                    total=total,
                    refresh=True,
                )

            yield show


def _line_printer(stream: Any) -> Progress:
    last = ""

    def show(what: str, done: float, total: float | None, detail: str = "") -> None:  # noqa: ARG001  # of Progress
        nonlocal last
        if what != last:
            last = what
            stream.write(f"{visible(what)}\n")
            stream.flush()

    return show
