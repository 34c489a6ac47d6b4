"""Formatting of figures, with as many digits as are significant; units are in column headings."""

from __future__ import annotations

from edgecnn.intervals import Interval

UNKNOWN = "–"


def digits(value: float) -> str:
    """Return a number with about three digits, or all digits before the point if more: 0.123, 1.23, 12.3, 1,234."""
    size = abs(value)
    return f"{value:,.{0 if size >= 99.95 else 1 if size >= 9.995 else 2 if size >= 0.9995 else 3}f}"


def micros(seconds: float) -> str:
    """Return seconds as microseconds."""
    return digits(seconds * 1e6)


def millis(seconds: float) -> str:
    """Return seconds as milliseconds."""
    return digits(seconds * 1e3)


def megabytes(count: int | None) -> str:
    """Return bytes as megabytes (10⁶ bytes)."""
    return UNKNOWN if count is None else digits(count / 1e6)


def percent(share: float) -> str:
    """Return a share in percent, without the percent sign."""
    return f"{100 * share:.1f}"


def points(share: float) -> str:
    """Return a difference of shares in points, with its sign."""
    return f"{100 * share:+.2f}".replace("-", "−")


def micros_interval(interval: Interval) -> str:
    """Return microseconds with their interval."""
    return f"{micros(interval.value)} ({micros(interval.low)}–{micros(interval.high)})"


def percent_interval(interval: Interval) -> str:
    """Return a percentage with its interval."""
    return f"{percent(interval.value)} ({percent(interval.low)}–{percent(interval.high)})"


def points_interval(interval: Interval) -> str:
    """Return points with their interval."""
    return f"{points(interval.value)} ({points(interval.low)} to {points(interval.high)})"


def ratio_interval(interval: Interval) -> str:
    """Return a ratio with its interval."""
    return f"{interval.value:.2f} ({interval.low:.2f}–{interval.high:.2f})"


def probability(value: float) -> str:
    """Return a p-value."""
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def count_of(number: int, singular: str, plural: str = "") -> str:
    """Return a number and its noun: "1 thread", "2 threads"."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
