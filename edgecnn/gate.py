"""What the gate of an export records: whether a file is still as good as its source model."""

from __future__ import annotations

from dataclasses import dataclass

from edgecnn.limits import Outcome


@dataclass(frozen=True, slots=True)
class Flip:
    """An image that the file and the Keras model answer differently: its id, its label if known, and both answers."""

    image: str
    label: str | None
    keras: str
    file: str


@dataclass(frozen=True, slots=True)
class Drop:
    """The points of top-1 that a file lost on labelled images.

    Attributes:
        points, low, high: the loss and its 95 % interval; negative is a gain.
        mcnemar_p: two-sided p-value of equal accuracy.
        lost, gained: numbers of images that only Keras, or only the file, answered correctly.
        per_class: change in the number of correct answers, for each class that changed.
    """

    points: float
    low: float
    high: float
    mcnemar_p: float
    lost: int
    gained: int
    per_class: dict[str, int]


@dataclass(frozen=True, slots=True)
class Agreement:
    """The percentage of images that a file answers as Keras does, with its 95 % interval."""

    percent: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class GateResult:
    """The paired comparison of one file with the Keras model on the same images.

    Attributes:
        limit: for the drop, in points, if there are labels; else for the agreement, in percent.
        drop: None if there are no labels.
        divergence: mean Kullback-Leibler divergence of the file's probabilities from Keras', in nats.
        enough_images: how many images like these would decide the outcome; None if it is decided.
        flips: every image with a different answer, right or wrong.
    """

    outcome: Outcome
    limit: float
    drop: Drop | None
    agreement: Agreement
    divergence: float
    enough_images: int | None
    flips: tuple[Flip, ...]

    @property
    def sentence(self) -> str:
        """The outcome and the comparison, in one line."""
        agreement = self.agreement
        if self.drop is None:
            compared = (
                f"{agreement.percent:.2f} % same answers ({agreement.low:.2f} to {agreement.high:.2f}), "
                f"limit {self.limit:g}; divergence {self.divergence:.2g} nats"
            )
            ending = ""
        else:
            drop = self.drop
            compared = f"{drop.points:+.2f} points lost ({drop.low:+.2f} to {drop.high:+.2f}), limit {self.limit:g}"
            ending = f"; {drop.lost} images lost, {drop.gained} gained, McNemar p {drop.mcnemar_p:.2g}"
        if self.enough_images is not None:
            ending = f"; about {self.enough_images:,} images would be enough"
        return f"{self.outcome.value}: {compared}{ending}"


@dataclass(frozen=True, slots=True)
class Stability:
    """How much two files differ that were each calibrated with one half of the calibration images.

    Attributes:
        points, low, high: their difference in top-1, first half minus second, with its 95 % interval; without labels
            0 points and no interval.
        agreement: the share of evaluation images that both answer the same.
    """

    points: float
    low: float
    high: float
    agreement: Agreement

    @property
    def is_stable(self) -> bool:
        """Whether the halves are equally good, within the interval."""
        return self.low <= 0 <= self.high
