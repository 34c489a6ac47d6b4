"""How good the answers of a case are, by themselves and beside the baseline's on the same images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgecnn.bench.result import Images, Raw
from edgecnn.intervals import Interval, Pairs, pair, wilson

_TOP = 5


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Of one case on the labelled images of the run.

    Attributes:
        top1: share of right answers, with Wilson's interval.
        top5: share of images whose label is among the five most probable classes; None for five classes or fewer.
        paired: to the baseline; None for the baseline itself or where it failed.
        per_class: top-1 of each class; None for a class without images.
        confusion: for each class, how many of its images were given each answer, (classes, classes).
    """

    top1: Interval
    top5: Interval | None
    paired: Pairs | None
    per_class: tuple[Interval | None, ...]
    confusion: tuple[tuple[int, ...], ...]


def accuracy(raw: Raw, baseline: Raw | None, images: Images) -> Accuracy | None:
    """Return how good the answers are; None where the images have no labels."""
    if images.labels is None:
        return None
    truth = np.array(images.labels)
    right = answers(raw) == truth
    confusion = np.zeros((len(images.class_names),) * 2, np.int64)
    np.add.at(confusion, (truth, answers(raw)), 1)
    return Accuracy(
        top1=wilson(int(right.sum()), len(right)),
        top5=_top5(raw, truth) if len(images.class_names) > _TOP else None,
        paired=None if baseline is None else pair(right, answers(baseline) == truth, answers(raw) == answers(baseline)),
        per_class=tuple(
            wilson(int(row[number]), int(row.sum())) if row.sum() else None for number, row in enumerate(confusion)
        ),
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
    )


def answers(raw: Raw) -> npt.NDArray[np.int64]:
    """Return the number of the most probable class for each image, int64, (N,)."""
    return np.array([row[0] for row in raw.ranked])


def _top5(raw: Raw, truth: npt.NDArray[np.int64]) -> Interval:
    found = (np.array(raw.ranked) == truth[:, None]).any(axis=1)
    return wilson(int(found.sum()), len(found))
