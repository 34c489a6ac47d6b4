"""Options of `edgecnn bench` that make up its settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from edgecnn.bench.settings import QUICK, Settings
from edgecnn.cli.option_types import SEED, FiniteRange
from edgecnn.cli.options import Option, OptionSet, field_option, is_given

quick = click.option(
    "--quick", is_flag=True, help="Take a quarter of the time, one process per case; shows factors, not percents."
)
"""Chooses `QUICK` over the default settings."""


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
    quick,
    _setting("processes", "Fresh processes per case.", click.IntRange(1, 100)),
    _setting("rounds", "Turns per process.", click.IntRange(6)),
    _setting("min_seconds", "Seconds of single calls per case, at least.", FiniteRange(0.01)),
    _setting("min_samples", "Single calls per case, at least.", click.IntRange(1)),
    _setting("fps", "Frames per second of the paced calls.", FiniteRange(0.1, 1000)),
    _setting("mlperf_tiny", "Also time five windows of ten seconds per artifact, as MLPerf Tiny does."),
    _setting("profile", "Also time each operation, and compare it with the machine's peak."),
    _setting("wait_cool", "If the machine throttled, wait and measure again."),
    _setting("seed", "Seed for the order of turns.", SEED),
    _setting("timeout", "Seconds that one step of a case may take.", FiniteRange(1)),
    build=_make_settings,
)
"""The options for `Settings`."""
