"""The gate: a paired test of a file's answers against the Keras model's."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from edgecnn.data.dataset import Dataset
from edgecnn.export.limits import ExportLimits
from edgecnn.export.measure import Scores, divergence
from edgecnn.gate import Agreement, Drop, Flip, GateResult, Stability
from edgecnn.intervals import Interval, pair, wilson
from edgecnn.limits import Outcome, decide

Answers = npt.NDArray[np.int64]


def judge(scores: Scores, reference: Scores, dataset: Dataset, limits: ExportLimits) -> GateResult:
    """Return whether a file's answers are still as good as the reference's.

    Where the images are too few to tell, as many as would bring the half width of the interval down to the distance
    from the limit would be enough.

    Args:
        scores, reference: probabilities of the file and of the Keras model, float32, (N, classes).
        dataset: the N images; without labels their agreement is judged.
        limits: whose `max_drop` or `min_agreement` is the limit.
    """
    answers, expected = scores.argmax(axis=1), reference.argmax(axis=1)
    agreement = agreement_of(answers, expected)
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
        divergence=divergence(scores, reference),
        enough_images=_enough(len(dataset), abs(allowed - lost.value), (lost.high - lost.low) / 2)
        if undecided
        else None,
        flips=_flips(answers, expected, dataset),
    )


def _complement(agreement: Agreement) -> Interval:
    """Return the share of images with another answer, in percent."""
    return Interval(100 - agreement.percent, 100 - agreement.high, 100 - agreement.low)


def agreement_of(answers: Answers, expected: Answers) -> Agreement:
    """Return the share of equal answers, in percent, with its Wilson interval."""
    share = wilson(int((answers == expected).sum()), len(answers))
    return Agreement(100 * share.value, 100 * share.low, 100 * share.high)


def stability(first: Scores, second: Scores, dataset: Dataset) -> Stability:
    """Return how the answers of two files differ whose ranges came from two halves of the calibration images."""
    answers = first.argmax(axis=1), second.argmax(axis=1)
    agreement = agreement_of(*answers)
    if dataset.labels is None:
        return Stability(0.0, 0.0, 0.0, agreement)
    change = pair(answers[0] == dataset.labels, answers[1] == dataset.labels).difference
    return Stability(100 * change.value, 100 * change.low, 100 * change.high, agreement)


def _drop(answers: Answers, expected: Answers, dataset: Dataset) -> Drop:
    assert dataset.labels is not None
    right, reference_right = answers == dataset.labels, expected == dataset.labels
    pairs = pair(right, reference_right)
    weights = right.astype(np.int64) - reference_right
    changes = np.bincount(dataset.labels, weights, minlength=len(dataset.class_names)).astype(np.int64)
    per_class = {name: int(change) for name, change in zip(dataset.class_names, changes, strict=True) if change}
    lost = pairs.points_lost
    return Drop(lost.value, lost.low, lost.high, pairs.mcnemar_p, pairs.lost, pairs.gained, per_class)


def _enough(count: int, distance: float, half_width: float) -> int:
    """Return how many images would decide it: the half width goes with one over the root of their number.

    The distance from the limit is taken as a tenth of a point at least, since nothing decides a tie.
    """
    return max(count + 1, math.ceil(count * (half_width / max(distance, 0.1)) ** 2))


def _flips(answers: Answers, expected: Answers, dataset: Dataset) -> tuple[Flip, ...]:
    names, labels = dataset.class_names, dataset.labels
    return tuple(
        Flip(
            dataset.ids[index],
            None if labels is None else names[labels[index]],
            names[expected[index]],
            names[answers[index]],
        )
        for index in np.flatnonzero(answers != expected)
    )
