"""The accuracy of a case, alone and paired with the baseline on the same images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgecnn.bench.result import Images, Raw
from edgecnn.intervals import Interval, Pairs, pair, wilson
from edgecnn.task import find_task

if TYPE_CHECKING:
    from edgecnn.task import Answers, Flags, Labels


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The accuracy of one case on the labelled images of the run.

    Attributes:
        name: the task's name for the share of correct answers.
        top1: share of correct answers, with Wilson's interval.
        top5: share of images whose label is among the five most probable classes; None for five classes or fewer.
        paired: difference to the baseline; None for the baseline itself, or if it failed.
        per_class: top-1 of each class; None for a class without images.
        confusion: for each class, how many of its images got each answer, (classes, classes); empty if answers are
            not exclusive.
    """

    name: str
    top1: Interval
    top5: Interval | None
    paired: Pairs | None
    per_class: tuple[Interval | None, ...]
    confusion: tuple[tuple[int, ...], ...]


def accuracy(raw: Raw, baseline: Raw | None, images: Images) -> Accuracy | None:
    """Return the accuracy of the answers; None if the images have no labels."""
    labels = known_labels(images)
    if labels is None:
        return None
    task, class_count, own = find_task(images.task), len(images.class_names), answers(raw, images)
    right = task.equal(own, labels)
    top5 = task.kept_top(raw.ranked, labels, class_count)
    confusion = task.confusion(own, labels, class_count)
    return Accuracy(
        name=task.accuracy,
        top1=_share(right),
        top5=None if top5 is None else _share(top5),
        paired=None if baseline is None else paired(own, answers(baseline, images), images),
        per_class=tuple(
            wilson(int(count), int(total)) if total else None
            for count, total in zip(*task.per_class(right, labels, class_count), strict=True)
        ),
        confusion=() if confusion is None else tuple(tuple(row) for row in confusion.tolist()),
    )


def answers(raw: Raw, images: Images) -> Answers:
    """Return the answers of a case, in the form of the task's labels."""
    return find_task(images.task).kept_answers(raw.ranked, len(images.class_names))


def known_labels(images: Images) -> Labels | None:
    """Return the labels of the images, in the form of their task; None if they have none."""
    if images.labels is None:
        return None
    return find_task(images.task).kept_labels(images.labels, len(images.class_names))


def paired(own: Answers, reference: Answers, images: Images) -> Pairs:
    """Return how the answers of two cases differ; the images must have labels."""
    task, labels = find_task(images.task), known_labels(images)
    assert labels is not None
    return pair(task.equal(own, labels), task.equal(reference, labels), task.equal(own, reference))


def _share(flags: Flags) -> Interval:
    return wilson(int(flags.sum()), flags.size)
