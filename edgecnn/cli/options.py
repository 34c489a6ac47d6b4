"""Options that several commands share, and option types that name the nearest known value."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from edgecnn.errors import nearest


class OneOf(click.ParamType):  # type: ignore[type-arg]  # generic only in newer clicks
    """A choice whose error names the nearest known value."""

    name = "choice"

    def __init__(self, known: Iterable[str]) -> None:
        self.known = tuple(known)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return the values for the usage line."""
        return "[" + "|".join(self.known) + "]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the value if it is known."""
        if value not in self.known:
            self.fail(f"{value!r} is unknown{nearest(str(value), self.known)}", param, ctx)
        return str(value)


class ManyOf(OneOf):
    """Several known values, separated by commas; each is given once."""

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return the form for the usage line."""
        return ",".join(self.known)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the values as a tuple without repeats."""
        if isinstance(value, tuple):
            return value
        return tuple(dict.fromkeys(super(ManyOf, self).convert(part.strip(), param, ctx) for part in value.split(",")))


class BackendName(OneOf):
    """A runtime; those of other packages are looked for only where edgecnn has none of that name, as it takes time."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name if there is such a backend."""
        if value not in self.known:
            from edgecnn.runtime.plugins import find_plugins

            found = find_plugins()
            if value not in found.backends:
                why = "".join(f"; {problem}" for problem in found.problems if repr(value) in problem)
                self.fail(f"{value!r} is unknown{nearest(str(value), (*self.known, *found.backends))}{why}", param, ctx)
        return str(value)


class BackendNames(ManyOf, BackendName):
    """Several runtimes, separated by commas."""


class FiniteRange(click.FloatRange):
    """A range of floats without NaN, which is beyond no limit, and without infinity."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number if it is finite and within the range."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return number


class NearestGroup(click.Group):
    """A group that shows its help when called bare, and whose error names the nearest sub-command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Return what is left for the sub-command."""
        return super().parse_args(ctx, args or ["--help"])

    def resolve_command(
        self,
        ctx: click.Context,
        args: list[str],
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the sub-command that the arguments name."""
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            raise click.UsageError(f"no command named {args[0]!r}{nearest(args[0], known)}", ctx)
        return super().resolve_command(ctx, args)


def read_labels(path: Path | None) -> tuple[str, ...] | None:
    """Return the lines of a label file, each there once, or None without one."""
    from edgecnn.data import labels
    from edgecnn.errors import DataError

    if path is None:
        return None
    found = labels.read_labels(path)
    if len(set(found)) != len(found):
        raise DataError(f"{path} must hold one label a line, each once")
    return found


SEED = click.IntRange(0, 2**32 - 1)
"""What NumPy and Keras take as a seed."""

MAX_THREADS = 256
"""More are a slip of the finger, and some runtimes start them all."""

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
threads = click.option(
    "--threads", type=click.IntRange(1, MAX_THREADS), default=1, show_default=True, help="Threads of one inference."
)
