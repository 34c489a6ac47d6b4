"""What the gate of an export records: whether a file is still as good as the model that it was made from."""

from __future__ import annotations

from dataclasses import dataclass

from edgecnn.limits import Outcome


@dataclass(frozen=True, slots=True)
class Flip:
    """One image that the file and the Keras model answer differently: its id, label if known, and both answers."""

    image: str
    label: str | None
    keras: str
    file: str


@dataclass(frozen=True, slots=True)
class Drop:
    """The points of top-1 that a file lost on labelled images.

    Attributes:
        points, low, high: with the 95 % interval; negative is a gain.
        mcnemar_p: two-sided, of the two having the same accuracy.
        lost, gained: images that only Keras, and that only the file, answered rightly.
        per_class: change in right answers of each class that changed.
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
    """The share of images that a file answers as Keras does, in percent, with its 95 % interval."""

    percent: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class GateResult:
    """The paired comparison of one file with the Keras model on the same images.

    Attributes:
        limit: of the drop, in points, where there are labels; else of the agreement, in percent.
        drop: None where there are no labels.
        divergence: mean Kullback-Leibler divergence of the file's probabilities from Keras', in nats.
        enough_images: how many images would decide it if they went on like these; None where it is decided.
        flips: every image with another answer, right or wrong.
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
        """What was found, in one line."""
        agreement = self.agreement
        if self.drop is None:
            found = (
                f"{agreement.percent:.2f} % same answers ({agreement.low:.2f} to {agreement.high:.2f}), "
                f"limit {self.limit:g}; divergence {self.divergence:.2g} nats"
            )
            ending = ""
        else:
            drop = self.drop
            found = f"{drop.points:+.2f} points lost ({drop.low:+.2f} to {drop.high:+.2f}), limit {self.limit:g}"
            ending = f"; {drop.lost} images lost, {drop.gained} gained, McNemar p {drop.mcnemar_p:.2g}"
        if self.enough_images is not None:
            ending = f"; about {self.enough_images:,} images would be enough"
        return f"{self.outcome.value}: {found}{ending}"


@dataclass(frozen=True, slots=True)
class Stability:
    """How two files differ whose ranges were taken from the two halves of the calibration images.

    Attributes:
        points, low, high: their difference in top-1, first half minus second, with its 95 % interval; without labels
            0 points and no interval.
        agreement: the share of evaluation images that both answer alike.
    """

    points: float
    low: float
    high: float
    agreement: Agreement

    @property
    def is_stable(self) -> bool:
        """Whether the halves are equally good, within the interval."""
        return self.low <= 0 <= self.high
