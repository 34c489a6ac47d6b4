"""Types of options that set limits."""

from __future__ import annotations

import re
from typing import Any

import click

_UNITS = {"": 1, "k": 1e3, "m": 1e6, "ki": 2**10, "mi": 2**20}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kKmM]?i?)[bB]?")


class Size(click.ParamType):  # type: ignore[type-arg]  # generic only in newer clicks
    """A number of bytes: 700000, 700kB, 1.5MiB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return it in bytes."""
        if isinstance(value, int):
            return value
        found = _SIZE.fullmatch(value.strip())
        if found is None:
            self.fail(f"{value!r} is no size; give bytes, or as 700kB or 1.5MiB", param, ctx)
        return int(float(found[1]) * _UNITS[found[2].lower()])


class Counts(click.ParamType):  # type: ignore[type-arg]  # generic only in newer clicks
    """Several whole numbers from 1 on, separated by commas; each is given once."""

    name = "counts"

    def __init__(self, most: int) -> None:
        self.most = most

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return the form for the usage line."""
        return "N[,N…]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Return the numbers in the order given."""
        if isinstance(value, tuple):
            return value
        parts = [part.strip() for part in str(value).split(",")]
        if not all(part.isdecimal() and 1 <= int(part) <= self.most for part in parts):
            self.fail(f"{value!r} is no list of numbers from 1 to {self.most}, as 1,2,4", param, ctx)
        return tuple(dict.fromkeys(int(part) for part in parts))
