"""Limits on a file, and whether it keeps them: one vocabulary for export, bench and compare."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field
from typing import Protocol

MAX_DROP_POINTS = 1.0
"""Points of top-1 that a file may lose by default. MLPerf requires 99 % of float32's accuracy of quantized models."""

MIN_AGREEMENT_PERCENT = 98.0
"""The share of unlabelled images that a file must answer as Keras does by default."""


class Outcome(enum.Enum):
    """Whether a figure is within a limit, with 95 % confidence."""

    HOLDS = "holds"
    DOES_NOT_HOLD = "does not hold"
    TOO_FEW_IMAGES = "too few images to tell"
    TOO_NOISY = "too noisy to tell"
    UNKNOWN = "unknown"


class Estimate(Protocol):
    """A value and the ends of its 95 % interval, such as `edgecnn.intervals.Interval`."""

    @property
    def value(self) -> float: ...  # noqa: D102  # the class describes it
    @property
    def low(self) -> float: ...  # noqa: D102
    @property
    def high(self) -> float: ...  # noqa: D102


def decide(interval: Estimate, limit: float, undecided: Outcome = Outcome.TOO_FEW_IMAGES) -> Outcome:
    """Return whether a figure is at most `limit`.

    The limit holds if the whole interval is within it, and does not hold if the whole interval is beyond it. Otherwise
    the outcome is `undecided`. For a lower limit, pass how much the figure falls short.
    """
    if interval.high <= limit:
        return Outcome.HOLDS
    return Outcome.DOES_NOT_HOLD if interval.low > limit else undecided


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits on a file, wherever it is judged; None is no limit.

    Attributes:
        max_drop: points of top-1 that it may lose against its source model.
        max_latency: seconds for one image.
        max_size: bytes of the file.
    """

    max_drop: float = MAX_DROP_POINTS
    max_latency: float | None = None
    max_size: int | None = None


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure that can have a limit, and how to show it.

    Attributes:
        name: of the limit, one word.
        words: format string for the figure.
        unit: text after the limit.
        per_unit: the factor from the stored value to the shown one.
        digits: the number format of the figure.
        unknown: the text if there is no figure.
    """

    name: str
    words: str = "{}"
    unit: str = ""
    per_unit: float = 1.0
    digits: str = ".3g"
    unknown: str = ""


QUANTITIES = {
    "accuracy": Quantity(
        "accuracy",
        "loses {} points",
        digits=".2f",
        unknown="accuracy could not be compared with the original model's",
    ),
    "size": Quantity("size", "{} bytes", digits=",.0f"),
    "latency": Quantity("latency", "median {} ms here", " ms", 1e3),
    "p90": Quantity("latency", "p90 {} ms", " ms", 1e3),
    "memory": Quantity("memory", "{} MB above the bare process", " MB", 1e-6, unknown="memory is not known here"),
}
"""Quantities by their names in manifests. A new limit needs one row here and one where its figure is measured."""


@dataclass(frozen=True, slots=True)
class LimitResult:
    """One limit, the measured figure with its 95 % interval, and the outcome.

    Attributes:
        figure: one of `QUANTITIES`.
        value, low, high: in the unit of the limit; all equal if the figure has no interval.
    """

    figure: str = field(metadata={"key": "what"})
    outcome: Outcome
    limit: float
    value: float
    low: float
    high: float

    @property
    def name(self) -> str:
        """The name of the limit: "accuracy", "latency", "size" or "memory"."""
        return self._quantity.name

    @property
    def comparison(self) -> str:
        """The figure and its limit, in words."""
        shown = self._quantity
        if self.outcome is Outcome.UNKNOWN:
            return shown.unknown
        value, low, high = (f"{shown.per_unit * number:{shown.digits}}" for number in (self.value, self.low, self.high))
        interval = f" ({low} to {high})" if self.low < self.high else ""
        return f"{shown.words.format(value)}{interval}, limit {shown.per_unit * self.limit:,.12g}{shown.unit}"

    @property
    def sentence(self) -> str:
        """The outcome, the figure and the limit, in one line."""
        return f"{self.outcome.value}: {self.comparison}"

    @property
    def _quantity(self) -> Quantity:
        return QUANTITIES.get(self.figure) or Quantity(self.figure)


def check_limit(
    figure: str, measured: Estimate | None, limit: float, undecided: Outcome = Outcome.TOO_NOISY
) -> LimitResult:
    """Return whether a figure is at most `limit`.

    Args:
        figure: one of `QUANTITIES`.
        measured: the figure; None if unknown.
        limit: in the same unit.
        undecided: the outcome if the limit is inside the interval.
    """
    if measured is None:
        return LimitResult(figure, Outcome.UNKNOWN, limit, math.nan, math.nan, math.nan)
    outcome = decide(measured, limit, undecided)
    return LimitResult(figure, outcome, limit, measured.value, measured.low, measured.high)
