"""Options of `edgecnn bench` that make up its settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from edgecnn.bench.settings import QUICK, Settings
from edgecnn.cli.option_types import SEED, FiniteRange
from edgecnn.cli.options import Option, OptionSet, field_option, is_given

quick = click.option(
    "--quick", is_flag=True, help="A fourth of the time: one process a case; tells factors, not percents."
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
