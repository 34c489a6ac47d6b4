"""The gate: a paired test of a file's answers against the Keras model's."""

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
    """Return whether a file's answers are still as good as the reference's.

    Where the images are too few to tell, as many as would bring the half width of the interval down to the distance
    from the limit would be enough.

    Args:
        scores, reference: probabilities of the file and of the Keras model, float32, (N, classes).
        dataset: the N images; without labels their agreement is judged.
        limits: whose `max_drop` or `min_agreement` is the limit.
    """
    task = dataset.task
    answers, expected = task.answers(scores), task.answers(reference)
    agreement = agreement_of(task.equal(answers, expected))
    if dataset.labels is None:  # changed answers are what can be lost then
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
    """Return the share of images with another answer, in percent."""
    return Interval(100 - agreement.percent, 100 - agreement.high, 100 - agreement.low)


def agreement_of(same: Flags) -> Agreement:
    """Return the share of equal answers, in percent, with its Wilson interval."""
    share = wilson(int(same.sum()), same.size)
    return Agreement(100 * share.value, 100 * share.low, 100 * share.high)


def stability(first: Scores, second: Scores, dataset: Dataset) -> Stability:
    """Return how the answers of two files differ whose ranges came from two halves of the calibration images."""
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
    """Return how many images would decide it: the half width goes with one over the root of their number.

    The distance from the limit is taken as a tenth of a point at least, since nothing decides a tie.
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
