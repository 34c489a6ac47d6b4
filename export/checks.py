"""What a file must hold to be accepted."""

from __future__ import annotations

from dataclasses import dataclass

from edgecnn.gate import MAX_DROP_POINTS, MIN_AGREEMENT_PERCENT


@dataclass(frozen=True, slots=True)
class Checks:
    """The limits of an export.

    Attributes:
        max_drop: points of top-1 that a file may lose to Keras on labelled images.
        min_agreement: percent of the images that a file must answer as Keras does, where nobody labelled them.
        max_size: bytes; None for no limit.
        max_latency: seconds of one image in the median, with one thread, on this machine; None for no limit.
        min_top1: percent of the labelled images that Keras itself must answer rightly; None asks it to be better than
            guessing.
        golden: how many images each file carries to be verified with.
    """

    max_drop: float = MAX_DROP_POINTS
    min_agreement: float = MIN_AGREEMENT_PERCENT
    max_size: int | None = None
    max_latency: float | None = None
    min_top1: float | None = None
    golden: int = 4
