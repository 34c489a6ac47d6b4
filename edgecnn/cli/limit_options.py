"""Options that set limits for a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from edgecnn.cli.option_types import BYTES, FiniteRange
from edgecnn.cli.options import Option, OptionSet, field_option, is_given
from edgecnn.limits import MIN_AGREEMENT_PERCENT, Limits

if TYPE_CHECKING:
    from edgecnn.bench.limits import BenchLimits
    from edgecnn.export.limits import ExportLimits

_PERCENT = FiniteRange(0, 100)


def max_drop(text: str) -> Option:
    """Return the option for the accuracy that may be lost."""
    return field_option(Limits, "max_drop", type=_PERCENT, help=text)


def _max_latency(text: str) -> Option:
    return click.option(
        "--max-latency",
        type=FiniteRange(0, min_open=True),
        callback=lambda _context, _option, value: None if value is None else value / 1e3,  # seconds from here on
        help=text,
    )


def _max_size(text: str) -> Option:
    return field_option(Limits, "max_size", type=BYTES, help=text)


def _export_limits(**limits: Any) -> ExportLimits:
    from edgecnn.export.limits import ExportLimits

    return ExportLimits(**limits)


def _bench_limits(**limits: Any) -> BenchLimits:
    from edgecnn.bench.limits import BenchLimits

    return BenchLimits(**limits)


export_limits = OptionSet(
    "limits",
    max_drop("Percentage points of top-1 that a file may lose against Keras before it is rejected."),
    click.option(
        "--min-agreement",
        type=_PERCENT,
        default=MIN_AGREEMENT_PERCENT,
        show_default=True,
        help="Percent of images on which a file must agree with Keras, if there are no labels.",
    ),
    _max_size("Largest quantized file to accept, such as 700kB."),
    _max_latency("Milliseconds per image that a quantized file may take on this machine."),
    click.option(
        "--min-top1",
        type=_PERCENT,
        help="Percent that Keras itself must get right.  [default: more than guessing]",
    ),
    build=_export_limits,
)
"""The options for `ExportLimits`."""

bench_limits = OptionSet(
    "limits",
    max_drop("Percentage points of top-1 that an artifact may lose, with 95 % confidence."),
    _max_latency("p90 latency of one image, in milliseconds."),
    _max_size("File size, such as 700kB."),
    click.option("--max-memory", type=BYTES, help="Memory above the bare process, such as 60MB."),
    build=_bench_limits,
)
"""The options for `BenchLimits`, which the verdict applies."""


def asked_limits() -> frozenset[str]:
    """Return the names of the limits given to the running command."""
    return frozenset(filter(is_given, bench_limits.names))
