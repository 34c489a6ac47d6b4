"""Types of options: known names, numbers, and values parsed from a word."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import Any

import click

from edgecnn.errors import nearest
from edgecnn.feeding import parse_scale


class OneOf(click.ParamType):  # type: ignore[type-arg]  # generic only in newer clicks
    """A choice whose error suggests the nearest known value."""

    name = "choice"

    def __init__(self, known: Iterable[str]) -> None:
        self._known = tuple(known)

    @property
    def known(self) -> tuple[str, ...]:
        """The values."""
        return self._known

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return the values for the usage line."""
        return "[" + "|".join(self.known) + "]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the value if it is known."""
        if value not in self.known:
            self.fail(f"{value!r} is unknown{nearest(str(value), self.known)}", param, ctx)
        return str(value)


class ManyOf(OneOf):
    """Several known values, separated by commas; repeats are dropped."""

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return the form for the usage line."""
        return ",".join(self.known)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the values as a tuple without repeats."""
        if isinstance(value, tuple):
            return value
        return tuple(dict.fromkeys(super(ManyOf, self).convert(part.strip(), param, ctx) for part in value.split(",")))


class BackendName(OneOf):
    """A runtime. Other packages are searched only for names unknown to edgecnn, because the search is slow."""

    def __init__(self) -> None:
        super().__init__(())

    @property
    def known(self) -> tuple[str, ...]:
        """The built-in runtimes, listed here because their table imports NumPy."""
        from edgecnn.runtime.backend import BACKENDS

        return tuple(BACKENDS)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name if there is such a backend."""
        if value not in self.known:
            from edgecnn.runtime.plugins import find_plugins

            plugins = find_plugins()
            if value not in plugins.backends:
                why = "".join(f"; {problem}" for problem in plugins.problems if repr(value) in problem)
                self.fail(
                    f"{value!r} is unknown{nearest(str(value), (*self.known, *plugins.backends))}{why}", param, ctx
                )
        return str(value)


class BackendNames(ManyOf, BackendName):
    """Several runtimes, separated by commas."""


class FiniteRange(click.FloatRange):
    """A range of finite floats; NaN and infinity are errors."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number if it is finite and within the range."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return number


class Parsed(click.ParamType):  # type: ignore[type-arg]  # generic only in newer clicks
    """A value that a function parses; its `ValueError` is the message to the user.

    Args:
        metavar: the form of the word, for the usage line.
        parse: takes the word and returns the value, which is not a string.
    """

    def __init__(self, metavar: str, parse: Callable[[str], Any]) -> None:
        self.name = metavar
        self._parse = parse

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return the form for the usage line."""
        return self.name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the value."""
        if not isinstance(value, str):
            return value  # a default, which is a value already
        try:
            return self._parse(value)
        except ValueError as error:
            return self.fail(str(error), param, ctx)


_IMAGE_SIZE = re.compile(r"([1-9]\d{0,4})[x×]([1-9]\d{0,4})")
_BYTES = re.compile(r"(\d+(?:\.\d+)?)\s*([kKmM]?i?)[bB]?")
_UNITS = {"": 1, "k": 1e3, "m": 1e6, "ki": 2**10, "mi": 2**20}


def parse_image_size(text: str) -> tuple[int, int]:
    """Return width and height in pixels, from "640x480".

    Raises:
        ValueError: it has another form.
    """
    match = _IMAGE_SIZE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a size; give width and height, such as 640x480")
    return int(match[1]), int(match[2])


def parse_bytes(text: str) -> int:
    """Return a number of bytes, from "700000", "700kB" or "1.5MiB".

    Raises:
        ValueError: it has another form.
    """
    match = _BYTES.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a size; give bytes, such as 700000, 700kB or 1.5MiB")
    return int(float(match[1]) * _UNITS[match[2].lower()])


def parse_percent(text: str) -> float:
    """Return a share: 0.1 for "10%" or "10"; "0.1" means a tenth of a percent.

    Raises:
        ValueError: it is not a finite number of at least 0.
    """
    try:
        share = float(text.strip().removesuffix("%")) / 100
    except ValueError:
        share = -1.0
    if not 0 <= share < math.inf:
        raise ValueError(f"{text!r} is not a percentage; write 10% or 2.5%")
    return share


def parse_counts(text: str, most: int) -> tuple[int, ...]:
    """Return integers from 1 to `most` in the order given, without repeats, from "1,2,4".

    Raises:
        ValueError: it has another form.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and 1 <= int(part) <= most for part in parts):
        raise ValueError(f"{text!r} is not a list of numbers from 1 to {most}, such as 1,2,4")
    return tuple(dict.fromkeys(int(part) for part in parts))


MAX_THREADS = 256
"""A larger number is a typing error, and some runtimes would start that many."""

SEED = click.IntRange(0, 2**32 - 1)
"""The seeds that NumPy and Keras accept."""

IMAGE_SIZE = Parsed("WIDTHxHEIGHT", parse_image_size)
BYTES = Parsed("SIZE", parse_bytes)
PERCENT = Parsed("PERCENT", parse_percent)
SCALE = Parsed("0..255|0..1|-1..1|MEAN,STD", parse_scale)
THREAD_COUNTS = Parsed("N[,N…]", lambda text: parse_counts(text, MAX_THREADS))
