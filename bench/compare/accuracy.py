"""Whether a case lost accuracy between two runs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edgecnn.bench.accuracy import accuracy, answers, paired
from edgecnn.bench.result import Images, Raw
from edgecnn.intervals import Interval
from edgecnn.limits import Outcome, decide
from edgecnn.task import find_task


@dataclass(frozen=True, slots=True)
class AccuracyChange:
    """How the accuracy of a case changed, as shares of the images.

    Attributes:
        outcome: against the limit; None if the images differ, because then the change need not be due to the file.
        difference: of top-1, NEW − OLD, with its 95 % interval; None without labels.
        mcnemar_p: two-sided p-value of equal accuracy; None for different images.
        lost, gained: numbers of images that only OLD, or only NEW, got right; None for different images.
        agreement: share of images with the same answer; None for different images.
    """

    outcome: Outcome | None
    difference: Interval | None
    mcnemar_p: float | None = None
    lost: int | None = None
    gained: int | None = None
    agreement: float | None = None


def accuracy_change(old: Raw, new: Raw, images: tuple[Images, Images], max_drop: float) -> AccuracyChange | None:
    """Return how a case's accuracy changed; None if nothing is known about it.

    On the same images the difference is paired (see `edgecnn.intervals.Pairs`). On different images it has
    Newcombe's interval and no outcome.

    Args:
        old, new: the case in each run.
        images: of OLD and of NEW.
        max_drop: points of top-1 that may be lost.
    """
    before, after = images
    if before.sha256 != after.sha256:
        return _unpaired(old, new, before, after)
    labelled = after if before.labels is None else before
    was, now = answers(old, labelled), answers(new, labelled)
    if labelled.labels is None:
        return AccuracyChange(None, None, agreement=float(find_task(labelled.task).equal(now, was).mean()))
    pairs = paired(now, was, labelled)
    return AccuracyChange(
        decide(pairs.points_lost, max_drop),
        pairs.difference,
        pairs.mcnemar_p,
        pairs.lost,
        pairs.gained,
        pairs.agreement,
    )


def _unpaired(old: Raw, new: Raw, before: Images, after: Images) -> AccuracyChange | None:
    """Return the difference of two independent proportions; None without labels.

    Source: Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine
    17 (1998), method 10.
    """
    if before.labels is None or after.labels is None:
        return None
    measured = (accuracy(old, None, before), accuracy(new, None, after))
    was, now = (accuracy_then.top1 for accuracy_then in measured if accuracy_then is not None)
    value = now.value - was.value
    low = value - math.hypot(now.value - now.low, was.high - was.value)
    high = value + math.hypot(now.high - now.value, was.value - was.low)
    return AccuracyChange(None, Interval(value, low, high))
