"""Limits that a file has to keep to, and whether it does: one vocabulary for export, bench and compare."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field
from typing import Protocol

MAX_DROP_POINTS = 1.0
"""How many points of top-1 a file may lose by default; MLPerf asks quantized models for 99 % of float32's accuracy."""

MIN_AGREEMENT_PERCENT = 98.0
"""How many images a file must answer as Keras does by default, where nobody labelled them."""


class Outcome(enum.Enum):
    """Whether something is within a limit, with 95 % confidence."""

    HOLDS = "holds"
    DOES_NOT_HOLD = "does not hold"
    TOO_FEW_IMAGES = "too few images to tell"
    TOO_NOISY = "too noisy to tell"
    UNKNOWN = "unknown"


class Estimate(Protocol):
    """A value and the two ends of its 95 % interval, as `edgecnn.intervals.Interval` has them."""

    @property
    def value(self) -> float: ...  # noqa: D102  # the class says it
    @property
    def low(self) -> float: ...  # noqa: D102
    @property
    def high(self) -> float: ...  # noqa: D102


def decide(interval: Estimate, limit: float, undecided: Outcome = Outcome.TOO_FEW_IMAGES) -> Outcome:
    """Return whether a figure is at most `limit`.

    It is if its whole interval is within the limit, and is not if the whole interval is beyond it. In between the
    outcome is `undecided`. A figure that must be at least something is decided by what it lacks.
    """
    if interval.high <= limit:
        return Outcome.HOLDS
    return Outcome.DOES_NOT_HOLD if interval.low > limit else undecided


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file must keep to, wherever it is judged; None for no limit.

    Attributes:
        max_drop: points of top-1 that it may lose to the model that it was made from.
        max_latency: seconds of one image.
        max_size: bytes of the file.
    """

    max_drop: float = MAX_DROP_POINTS
    max_latency: float | None = None
    max_size: int | None = None


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure that can be limited, and how it is shown.

    Attributes:
        name: what the limit is on, in a word.
        words: around the figure.
        unit: behind the limit.
        per_unit: the factor from the stored value to the shown one.
        digits: the format of the figure.
        unknown: what to say where there is no figure.
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
"""By the name that a figure has in manifests; a new limit is one row here, and one where its figure is measured."""


@dataclass(frozen=True, slots=True)
class LimitResult:
    """One limit: the figure that was found, its 95 % interval, and whether it holds.

    Attributes:
        figure: one of `QUANTITIES`.
        value, low, high: in the unit of the limit; all the same where the figure has no interval.
    """

    figure: str = field(metadata={"key": "what"})
    outcome: Outcome
    limit: float
    value: float
    low: float
    high: float

    @property
    def name(self) -> str:
        """What the limit is on: "accuracy", "latency", "size" or "memory"."""
        return self._quantity.name

    @property
    def comparison(self) -> str:
        """The figure beside its limit, in words."""
        shown = self._quantity
        if self.outcome is Outcome.UNKNOWN:
            return shown.unknown
        value, low, high = (f"{shown.per_unit * one:{shown.digits}}" for one in (self.value, self.low, self.high))
        interval = f" ({low} to {high})" if self.low < self.high else ""
        return f"{shown.words.format(value)}{interval}, limit {shown.per_unit * self.limit:,.12g}{shown.unit}"

    @property
    def sentence(self) -> str:
        """The outcome and what was found, in one line."""
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
        measured: the figure; None where it is not known.
        limit: in the same unit.
        undecided: the outcome where the interval has the limit inside.
    """
    if measured is None:
        return LimitResult(figure, Outcome.UNKNOWN, limit, math.nan, math.nan, math.nan)
    outcome = decide(measured, limit, undecided)
    return LimitResult(figure, outcome, limit, measured.value, measured.low, measured.high)
