"""The gate: a paired test of a file's answers against those of the Keras model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from edgecnn.data.dataset import Dataset
from edgecnn.export.limits import ExportLimits
from edgecnn.export.measure import Scores
from edgecnn.gate import Agreement, Drop, Flip, GateResult, Stability
from edgecnn.intervals import Interval, pair, wilson
from edgecnn.limits import Outcome, decide
from edgecnn.task import same_answers

if TYPE_CHECKING:
    from edgecnn.task import Answers, Flags


def judge(scores: Scores, reference: Scores, dataset: Dataset, limits: ExportLimits) -> GateResult:
    """Return whether a file's answers are still as good as those of the reference.

    If there are too few images to decide, `enough_images` is the number at which the half width of the interval would
    equal the distance from the limit.

    Args:
        scores, reference: probabilities of the file and of the Keras model, float32, (N, classes).
        dataset: the N images; without labels, the agreement is judged.
        limits: `max_drop` is the limit with labels, `min_agreement` without.
    """
    task = dataset.task
    answers, expected = task.answers(scores), task.answers(reference)
    agreement = agreement_of(task.equal(answers, expected))
    if dataset.labels is None:  # then a changed answer counts as lost
        drop, limit = None, limits.min_agreement
        lost, allowed = _complement(agreement), 100 - limit
    else:
        drop = _drop(answers, expected, dataset)
        limit = allowed = limits.max_drop
        lost = Interval(drop.points, drop.low, drop.high)
    outcome = decide(lost, allowed)
    undecided = outcome is Outcome.TOO_FEW_IMAGES
    return GateResult(
        outcome=outcome,
        limit=limit,
        drop=drop,
        agreement=agreement,
        divergence=task.divergence(scores, reference),
        enough_images=_enough(len(dataset), abs(allowed - lost.value), (lost.high - lost.low) / 2)
        if undecided
        else None,
        flips=_flips(answers, expected, dataset),
    )


def _complement(agreement: Agreement) -> Interval:
    """Return the percentage of images with a different answer."""
    return Interval(100 - agreement.percent, 100 - agreement.high, 100 - agreement.low)


def agreement_of(same: Flags) -> Agreement:
    """Return the percentage of equal answers, with its Wilson interval."""
    share = wilson(int(same.sum()), same.size)
    return Agreement(100 * share.value, 100 * share.low, 100 * share.high)


def stability(first: Scores, second: Scores, dataset: Dataset) -> Stability:
    """Return how the answers of two files differ that were calibrated on the two halves of the images."""
    task = dataset.task
    answers = task.answers(first), task.answers(second)
    agreement = agreement_of(task.equal(*answers))
    if dataset.labels is None:
        return Stability(0.0, 0.0, 0.0, agreement)
    change = pair(task.equal(answers[0], dataset.labels), task.equal(answers[1], dataset.labels)).difference
    return Stability(100 * change.value, 100 * change.low, 100 * change.high, agreement)


def _drop(answers: Answers, expected: Answers, dataset: Dataset) -> Drop:
    labels, names, task = dataset.known_labels, dataset.class_names, dataset.task
    right, reference_right = task.equal(answers, labels), task.equal(expected, labels)
    own, reference = (task.per_class(flags, labels, len(names))[0] for flags in (right, reference_right))
    pairs = pair(right, reference_right)
    lost = pairs.points_lost
    per_class = {name: int(change) for name, change in zip(names, own - reference, strict=True) if change}
    return Drop(lost.value, lost.low, lost.high, pairs.mcnemar_p, pairs.lost, pairs.gained, per_class)


def _enough(count: int, distance: float, half_width: float) -> int:
    """Return how many images would decide: the half width is proportional to one over the square root of their number.

    The distance from the limit counts as at least a tenth of a point, since nothing decides a tie.
    """
    return max(count + 1, math.ceil(count * (half_width / max(distance, 0.1)) ** 2))


def _flips(answers: Answers, expected: Answers, dataset: Dataset) -> tuple[Flip, ...]:
    names, labels, task = dataset.class_names, dataset.labels, dataset.task
    return tuple(
        Flip(
            dataset.ids[index],
            None if labels is None else task.name(labels[index], names),
            task.name(expected[index], names),
            task.name(answers[index], names),
        )
        for index in np.flatnonzero(~same_answers(task, answers, expected))
    )
