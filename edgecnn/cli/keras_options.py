"""The options that say about a Keras model what its file does not, for every command that takes one."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from edgecnn.cli.options import OneOf
from edgecnn.contract import FITS, RESIZE_FILTERS, KerasOptions, Preprocessing

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_RAW = ((1.0,), (0.0,))
_WHITE = 255.0


class Scale(click.ParamType):  # type: ignore[type-arg]  # generic only in newer clicks
    """What pixels 0..255 become: `LOW..HIGH`, or means and standard deviations."""

    name = "scale"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return the forms for the usage line."""
        return "0..255|0..1|-1..1|MEAN,STD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return scale and offset of real = scale * pixel + offset, each for all channels or one a channel.

        "MEAN,STD" are 2 or 6 numbers, the means first: of pixels scaled to 0..1, as torchvision has them, if no mean
        is above 1; else of pixels 0..255.
        """
        if isinstance(value, tuple):
            return value
        if found := re.fullmatch(rf"({_NUMBER})\.\.({_NUMBER})", value):
            low, high = float(found[1]), float(found[2])
            if low != high:
                return ((high - low) / _WHITE,), (low,)
        try:
            numbers = [float(part) for part in value.split(",")]
        except ValueError:
            numbers = []
        means, deviations = numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]
        if len(numbers) not in (2, 6) or not all(deviation > 0 for deviation in deviations):
            self.fail(
                f"{value!r} is no scale: give a range as 0..1 or -1..1, or means and standard deviations, as "
                "0.485,0.456,0.406,0.229,0.224,0.225",
                param,
                ctx,
            )
        unit = _WHITE if max(means) <= 1 else 1.0
        return (
            tuple(1 / (unit * deviation) for deviation in deviations),
            tuple(-mean / deviation for mean, deviation in zip(means, deviations, strict=True)),
        )


_FEEDING = (
    click.option(
        "--scale",
        type=Scale(),
        default=_RAW,
        help="What the Keras model expects pixels to be scaled to, beside what its own layers do.  [default: 0..255]",
    ),
    click.option(
        "--colour",
        type=OneOf(("RGB", "BGR", "L")),
        help="Order of the channels that it expects.  [default: RGB, or L where there is one]",
    ),
    click.option(
        "--resize", type=OneOf(RESIZE_FILTERS), default="bilinear", show_default=True, help="Filter for pictures."
    ),
    click.option(
        "--fit",
        type=OneOf(FITS),
        default="stretch",
        show_default=True,
        help="How pictures of another shape are brought to the input's.",
    ),
)

_CODE = (
    click.option(
        "--trust-code",
        is_flag=True,
        help="Load the Keras model even if it runs code: Lambda layers, operations that reach files.",
    ),
    click.option(
        "--code",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        metavar="FILE",
        help="Python file that defines the Keras model's own classes. It is run.",
    ),
)


def keras_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command; it gets them as `keras`, a `KerasOptions`."""

    @functools.wraps(command)
    def with_options(  # the names are those of the options
        *arguments: Any,
        scale: tuple[tuple[float, ...], tuple[float, ...]],
        colour: str | None,
        resize: str,
        fit: str,
        trust_code: bool,
        code: Path | None,
        **others: Any,
    ) -> Any:
        preprocessing = Preprocessing(colour=colour or "RGB", scale=scale[0], offset=scale[1], resize=resize, fit=fit)
        options = KerasOptions(preprocessing, trust_code, None if code is None else str(code))
        return command(*arguments, keras=options, **others)

    return _with(with_options, *_FEEDING, *_CODE)


def code_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add those about code alone, for commands that know from artifacts how the Keras model is fed."""

    @functools.wraps(command)
    def with_options(*arguments: Any, trust_code: bool, code: Path | None, **others: Any) -> Any:
        options = KerasOptions(None, trust_code, None if code is None else str(code))
        return command(*arguments, keras=options, **others)

    return _with(with_options, *_CODE)


def _with(command: Callable[..., Any], *options: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(options):
        command = option(command)
    return command
