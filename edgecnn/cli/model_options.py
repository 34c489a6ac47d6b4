"""The options that say about a model what its file does not: a Keras model, or what another tool exported."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from edgecnn.cli.options import OneOf
from edgecnn.contract import FITS, LAYOUTS, RESIZE_FILTERS, Contract, Preprocessing, notes_of
from edgecnn.model_options import ModelOptions, parse_scale
from edgecnn.spec import Scores


class Scale(click.ParamType):  # type: ignore[type-arg]  # generic only in newer clicks
    """What pixels 0..255 become: `LOW..HIGH`, or means and standard deviations."""

    name = "scale"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return the forms for the usage line."""
        return "0..255|0..1|-1..1|MEAN,STD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return scale and offset as `edgecnn.model_options.parse_scale`."""
        if isinstance(value, tuple):
            return value
        try:
            return parse_scale(value)
        except ValueError as error:
            return self.fail(str(error), param, ctx)


class Size(click.ParamType):  # type: ignore[type-arg]  # generic only in newer clicks
    """Height and width."""

    name = "size"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return the form for the usage line."""
        return "HEIGHTxWIDTH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return both as integers."""
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"([1-9]\d{0,4})x([1-9]\d{0,4})", value)
        return (int(found[1]), int(found[2])) if found else self.fail(f"{value!r} is no size as 224x224", param, ctx)


_FEEDING = (
    click.option(
        "--scale",
        type=Scale(),
        help="What the model expects pixels to be scaled to, beside what its own layers do.  [default: 0..255]",
    ),
    click.option(
        "--colour",
        type=OneOf(("RGB", "BGR", "L")),
        help="Order of the channels that it expects.  [default: RGB, or L where there is one]",
    ),
    click.option("--resize", type=OneOf(RESIZE_FILTERS), help="Filter for pictures.  [default: bilinear]"),
    click.option(
        "--fit",
        type=OneOf(FITS),
        help="How pictures of another shape are brought to the input's.  [default: stretch]",
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


_FOREIGN = (
    click.option(
        "--labels",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Class names in its order, one a line.",
    ),
    click.option(
        "--scores",
        type=OneOf(one.value for one in Scores),
        help="What a file that edgecnn did not make gives.  [default: found out]",
    ),
    click.option("--layout", type=OneOf(LAYOUTS), help="Of its input, where the shape does not tell."),
    click.option("--size", type=Size(), help="Of its input, where the file leaves it open."),
    click.option(
        "--contract",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="All of this in a file (see docs/backends.md).  [default: MODEL.contract.json, if there]",
    ),
)


def keras_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command; it gets them as `keras`, a `ModelOptions`."""

    @functools.wraps(command)
    def with_options(  # the names are those of the options
        *arguments: Any,
        scale: tuple[tuple[float, ...], tuple[float, ...]] | None,
        colour: str | None,
        resize: str | None,
        fit: str | None,
        trust_code: bool,
        code: Path | None,
        **others: Any,
    ) -> Any:
        stated: dict[str, Any] = {"colour": colour, "resize": resize, "fit": fit}
        if scale is not None:
            stated |= {"scale": scale[0], "offset": scale[1]}
        options = ModelOptions(_preprocessing(stated), trust_code, None if code is None else str(code))
        return command(*arguments, keras=options, **others)

    return _with(with_options, *_FEEDING, *_CODE)


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add those of `keras_options` and those about files that edgecnn did not make."""

    @functools.wraps(command)
    def with_options(
        *arguments: Any,
        keras: ModelOptions,
        labels: Path | None,
        scores: str | None,
        layout: str | None,
        size: tuple[int, int] | None,
        contract: Path | None,
        **others: Any,
    ) -> Any:
        from edgecnn.data.labels import read_labels

        feeding = keras.preprocessing
        if layout is not None:
            feeding = replace(feeding or Preprocessing(), layout=layout)
        options = replace(
            keras,
            preprocessing=feeding,
            labels=None if labels is None else read_labels(labels),
            scores=None if scores is None else Scores(scores),
            size=size,
        )
        return command(*arguments, keras=options if contract is None else _from_file(contract, options), **others)

    return keras_options(_with(with_options, *_FOREIGN))


def _from_file(file: Path, options: ModelOptions) -> ModelOptions:
    from edgecnn.runtime.side_file import read_side_file

    if options.preprocessing is not None or options.feeding:
        raise click.UsageError("--contract states everything; give it, or the single options")
    stated = read_side_file(file)
    return replace(stated, trust_code=options.trust_code, code=options.code)


def _preprocessing(stated: dict[str, Any]) -> Preprocessing | None:
    """Return what is stated; None where nothing is."""
    given = {name: value for name, value in stated.items() if value is not None}
    return Preprocessing(**given) if given else None


def code_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add those about code alone, for commands that know from artifacts how the Keras model is fed."""

    @functools.wraps(command)
    def with_options(*arguments: Any, trust_code: bool, code: Path | None, **others: Any) -> Any:
        options = ModelOptions(None, trust_code, None if code is None else str(code))
        return command(*arguments, keras=options, **others)

    return _with(with_options, *_CODE)


def _with(command: Callable[..., Any], *options: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(options):
        command = option(command)
    return command


def print_notes(contract: Contract) -> None:
    """Print to stderr what was assumed about a file that edgecnn did not make."""
    for note in notes_of(contract):
        click.echo(f"edgecnn: note: {note}", err=True)
