"""Options of `edgecnn bench` that make up its settings and the limits that a verdict keeps to."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from edgecnn.cli.limits import Size
from edgecnn.cli.options import SEED, FiniteRange
from edgecnn.gate import MAX_DROP_POINTS

if TYPE_CHECKING:
    from edgecnn.bench.constraints import Constraints
    from edgecnn.bench.findings import Findings
    from edgecnn.bench.settings import Settings

_SETTINGS = (
    click.option(
        "--quick", is_flag=True, help="A fourth of the time: one process a case; tells factors, not percents."
    ),
    click.option("--processes", type=click.IntRange(1, 100), help="New processes of each case.  [default: 3]"),
    click.option("--rounds", type=click.IntRange(6), help="Turns of each process.  [default: 10]"),
    click.option("--min-seconds", type=FiniteRange(0.01), help="Of single calls of each case.  [default: 0.6]"),
    click.option("--min-samples", type=click.IntRange(1), help="Single calls of each case.  [default: 90]"),
    click.option("--fps", type=FiniteRange(0.1, 1000), help="Frames a second of the paced calls.  [default: 30]"),
    click.option(
        "--mlperf-tiny", is_flag=True, help="Also five windows of ten seconds for each artifact, as MLPerf Tiny."
    ),
    click.option("--profile", is_flag=True, help="Also the time of each operation, next to the machine's peak."),
    click.option("--wait-cool", is_flag=True, help="Where the machine throttled: wait, and measure that again."),
    click.option("--seed", type=SEED, default=0, show_default=True, help="Of the order of turns."),
    click.option(
        "--timeout", type=FiniteRange(1), default=300.0, show_default=True, help="Seconds of one step of a case."
    ),
)

_LIMITS = (
    click.option(
        "--max-drop",
        type=FiniteRange(0, 100),
        default=MAX_DROP_POINTS,
        show_default=True,
        help="Points of top-1 that an artifact may lose, with 95 % confidence.",
    ),
    click.option("--max-latency", type=FiniteRange(0, min_open=True), help="Milliseconds of one image, p90."),
    click.option("--max-size", type=Size(), help="Of the file, as 700kB."),
    click.option("--max-memory", type=Size(), help="Above the bare process, as 60MB."),
)


def settings_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of `Settings`; it gets `settings`."""

    @functools.wraps(command)
    def with_settings(*arguments: Any, quick: bool, **options: Any) -> Any:
        from edgecnn.bench.settings import QUICK, Settings

        names = Settings.__dataclass_fields__
        given = {name: options.pop(name) for name in list(options) if name in names}
        base: Settings = QUICK if quick else Settings()
        settings = replace(base, **{name: value for name, value in given.items() if value is not None})
        return command(*arguments, settings=settings, **options)

    return _with(with_settings, _SETTINGS)


def constraint_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of `Constraints`; it gets `constraints`."""

    @functools.wraps(command)
    def with_constraints(
        *arguments: Any,
        max_drop: float,
        max_latency: float | None,
        max_size: int | None,
        max_memory: int | None,
        **options: Any,
    ) -> Any:
        from edgecnn.bench.constraints import Constraints

        if not math.isfinite(max_drop):
            raise click.BadParameter("it is no number of points", param_hint="--max-drop")
        latency = None if max_latency is None else max_latency / 1000
        constraints: Constraints = Constraints(max_drop, latency, max_size, max_memory)
        return command(*arguments, constraints=constraints, **options)

    return _with(with_constraints, _LIMITS)


def enforce(findings: Findings, *, strict: bool) -> None:
    """Raise if a run is not what the user of the running command asked for.

    Raises:
        KeyboardInterrupt: Ctrl-C ended it early.
        GateError: no artifact keeps to the limits that were given, be it with the default's value, or nothing tells
            whether one does; or the run was disturbed and `strict` is asked for.
    """
    from edgecnn.bench.verdict import accuracy_is_known
    from edgecnn.errors import GateError

    if not findings.result.is_complete:
        raise KeyboardInterrupt
    if any(_is_given(name) for name in ("max_drop", "max_latency", "max_size", "max_memory")) and not findings.chosen:
        raise GateError("no artifact is shown to keep to the limits that were set")
    if _is_given("max_drop") and not accuracy_is_known(findings.summaries):
        raise GateError(
            "accuracy could not be compared with the original model's, so that no artifact is shown to keep to "
            "--max-drop; give labelled images and the Keras model"
        )
    if strict and findings.is_disturbed:
        raise GateError("the run was disturbed (see the warnings), and --strict was given")


def _is_given(name: str) -> bool:
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


def _with(command: Callable[..., Any], options: tuple[Callable[..., Any], ...]) -> Callable[..., Any]:
    for option in reversed(options):
        command = option(command)
    return command
