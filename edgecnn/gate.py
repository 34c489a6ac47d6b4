"""What a gate on accuracy found: whether a quantized file is still as good as the model that it was made from."""

from __future__ import annotations

import enum
from dataclasses import dataclass

MAX_DROP_POINTS = 1.0
"""How many points of top-1 a file may lose by default; MLPerf asks quantized models for 99 % of float32's accuracy."""


class Outcome(enum.Enum):
    """Whether the drop in top-1 is within the limit, with 95 % confidence."""

    HOLDS = "holds"
    DOES_NOT_HOLD = "does not hold"
    TOO_FEW_IMAGES = "too few images to tell"


@dataclass(frozen=True, slots=True)
class Flip:
    """One image that the file and the Keras model answer differently: its id, label, and both answers."""

    image: str
    label: str
    keras: str
    file: str


@dataclass(frozen=True, slots=True)
class GateResult:
    """The paired comparison of one file with the Keras model on the same images.

    Attributes:
        max_drop: the limit, in points of top-1.
        drop, drop_low, drop_high: points that the file lost, with its 95 % interval; negative is a gain.
        mcnemar_p: two-sided, of the two having the same accuracy.
        lost, gained: images that only Keras, and that only the file, answered rightly.
        enough_images: how many images would decide it if they went on like these; None where it is decided.
        flips: every image with another answer, right or wrong.
        per_class: change in right answers of each class that changed.
    """

    outcome: Outcome
    max_drop: float
    drop: float
    drop_low: float
    drop_high: float
    mcnemar_p: float
    lost: int
    gained: int
    enough_images: int | None
    flips: tuple[Flip, ...]
    per_class: dict[str, int]

    @property
    def sentence(self) -> str:
        """What was found, in one line."""
        found = (
            f"{self.outcome.value}: {self.drop:+.2f} points lost ({self.drop_low:+.2f} to {self.drop_high:+.2f}), "
            f"limit {self.max_drop:g}; "
        )
        if self.enough_images is not None:
            return f"{found}about {self.enough_images:,} images would be enough"
        return f"{found}{self.lost} images lost, {self.gained} gained, McNemar p {self.mcnemar_p:.2g}"
