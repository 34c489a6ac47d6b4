"""Options that several commands share, and how options become the dataclasses that the library takes."""

from __future__ import annotations

import dataclasses
import enum
import functools
from collections.abc import Callable
from typing import Any

import click
from click.core import ParameterSource

from edgecnn.cli.option_types import MAX_THREADS, BackendName

Command = Callable[..., Any]
Option = Callable[[Command], Command]
"""What `click.option` returns."""


class OptionSet:
    """Options that belong together; used as a decorator, it gives a command one value made of them.

    Args:
        argument: the command's parameter that receives the value.
        options: as `click.option` returns them.
        build: makes the value; it takes the options' values by their names.
    """

    def __init__(self, argument: str, *options: Option, build: Callable[..., Any]) -> None:
        self._argument, self._options, self._build = argument, options, build
        self.names = tuple(str(parameter.name) for parameter in click.command()(self._declare(lambda: None)).params)
        """The options' names, as click passes them."""

    def __call__(self, command: Command) -> Command:
        """Return the command with the options declared."""

        @functools.wraps(command)
        def with_value(*arguments: Any, **values: Any) -> Any:
            own = {name: values.pop(name) for name in self.names}
            return command(*arguments, **values, **{self._argument: self._build(**own)})

        return self._declare(with_value)

    def _declare(self, command: Command) -> Command:
        for option in reversed(self._options):
            command = option(command)
        return command


def field_option(owner: type, field: str, *names: str, **attributes: Any) -> Option:
    """Return the option for a field of a dataclass, with the field's default.

    Args:
        owner: the dataclass.
        field: its name; the field has a default.
        names: names of the option; by default the field's own, with hyphens.
        attributes: as for `click.option`; they override the field's.
    """
    (default,) = (known.default for known in dataclasses.fields(owner) if known.name == field)
    return click.option(
        *(names or (f"--{field.replace('_', '-')}",)),
        field,
        **{
            "default": _as_option(default),
            "show_default": default is not None and not isinstance(default, bool),
            **({"is_flag": True} if isinstance(default, bool) else {}),
            **attributes,
        },
    )


def _as_option(default: Any) -> Any:
    """Return the default of a field as it would appear on the command line."""
    if isinstance(default, enum.Enum):
        return default.value
    if isinstance(default, tuple):
        return ",".join(str(_as_option(part)) for part in default)
    return default


def is_given(name: str) -> bool:
    """Return whether an option of the running command was given, even if with its default value."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
threads = click.option(
    "--threads", type=click.IntRange(1, MAX_THREADS), default=1, show_default=True, help="Threads per inference."
)
backend = click.option("--backend", type=BackendName(), help="Runtime to use.  [default: the first installed one]")
