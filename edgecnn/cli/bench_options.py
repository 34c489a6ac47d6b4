"""Options of `edgecnn bench` that make up its settings and the limits that a verdict keeps to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from edgecnn.bench.settings import QUICK, Settings
from edgecnn.cli.option_types import BYTES, SEED, FiniteRange
from edgecnn.cli.options import Option, OptionSet, field_option, is_given
from edgecnn.limits import MAX_DROP_POINTS

if TYPE_CHECKING:
    from edgecnn.bench.limits import BenchLimits


def _setting(name: str, help: str, type: Any = None) -> Option:  # noqa: A002  # as click calls them
    return field_option(Settings, name, help=help, type=type)


def _make_settings(*, quick: bool, **values: Any) -> Settings:
    return (
        replace(QUICK, **{name: value for name, value in values.items() if is_given(name)})
        if quick
        else Settings(**values)
    )


settings_options = OptionSet(
    "settings",
    click.option(
        "--quick", is_flag=True, help="A fourth of the time: one process a case; tells factors, not percents."
    ),
    _setting("processes", "New processes of each case.", click.IntRange(1, 100)),
    _setting("rounds", "Turns of each process.", click.IntRange(6)),
    _setting("min_seconds", "Of single calls of each case.", FiniteRange(0.01)),
    _setting("min_samples", "Single calls of each case.", click.IntRange(1)),
    _setting("fps", "Frames a second of the paced calls.", FiniteRange(0.1, 1000)),
    _setting("mlperf_tiny", "Also five windows of ten seconds for each artifact, as MLPerf Tiny."),
    _setting("profile", "Also the time of each operation, next to the machine's peak."),
    _setting("wait_cool", "Where the machine throttled: wait, and measure that again."),
    _setting("seed", "Of the order of turns.", SEED),
    _setting("timeout", "Seconds of one step of a case.", FiniteRange(1)),
    build=_make_settings,
)
"""Those of `Settings`."""


def _make_limits(*, max_latency: float | None, **limits: Any) -> BenchLimits:
    from edgecnn.bench.limits import BenchLimits

    return BenchLimits(max_latency=None if max_latency is None else max_latency / 1e3, **limits)


limit_options = OptionSet(
    "limits",
    click.option(
        "--max-drop",
        type=FiniteRange(0, 100),
        default=MAX_DROP_POINTS,
        show_default=True,
        help="Points of top-1 that an artifact may lose, with 95 % confidence.",
    ),
    click.option("--max-latency", type=FiniteRange(0, min_open=True), help="Milliseconds of one image, p90."),
    click.option("--max-size", type=BYTES, help="Of the file, as 700kB."),
    click.option("--max-memory", type=BYTES, help="Above the bare process, as 60MB."),
    build=_make_limits,
)
"""Those of `BenchLimits`, which a verdict keeps to."""


def asked_limits() -> frozenset[str]:
    """Return the names of the limits that the running command was given."""
    return frozenset(filter(is_given, limit_options.names))
