"""The gate: a paired test of a file's answers against the Keras model's."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from edgecnn.data.dataset import Dataset
from edgecnn.export.checks import Checks
from edgecnn.export.measure import Scores, divergence
from edgecnn.gate import Agreement, Drop, Flip, GateResult, Outcome, Stability
from edgecnn.intervals import mcnemar, paired_difference, wilson

Answers = npt.NDArray[np.int64]


def judge(scores: Scores, reference: Scores, dataset: Dataset, checks: Checks) -> GateResult:
    """Return whether a file's answers are still as good as the reference's.

    It holds if the whole 95 % interval is within the limit, and does not hold if the whole interval is beyond it. In
    between, the images are too few to tell; as many as would bring the half width of the interval down to the
    distance from the limit would be enough.

    Args:
        scores, reference: probabilities of the file and of the Keras model, float32, (N, classes).
        dataset: the N images; without labels their agreement is judged.
        checks: whose `max_drop` or `min_agreement` is the limit.
    """
    answers, expected = scores.argmax(axis=1), reference.argmax(axis=1)
    agreement = agreement_of(answers, expected)
    if dataset.labels is None:  # changed answers are what can be lost then
        drop, limit, allowed = None, checks.min_agreement, 100 - checks.min_agreement
        value, low, high = (100 - number for number in (agreement.percent, agreement.high, agreement.low))
    else:
        drop = _drop(answers, expected, dataset)
        limit = allowed = checks.max_drop
        value, low, high = drop.points, drop.low, drop.high
    outcome = _outcome(low, high, allowed)
    undecided = outcome is Outcome.TOO_FEW_IMAGES
    return GateResult(
        outcome=outcome,
        limit=limit,
        drop=drop,
        agreement=agreement,
        divergence=divergence(scores, reference),
        enough_images=_enough(len(dataset), abs(allowed - value), (high - low) / 2) if undecided else None,
        flips=_flips(answers, expected, dataset),
    )


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
    change = paired_difference(answers[0] == dataset.labels, answers[1] == dataset.labels)
    return Stability(100 * change.value, 100 * change.low, 100 * change.high, agreement)


def _outcome(low: float, high: float, limit: float) -> Outcome:
    if high <= limit:
        return Outcome.HOLDS
    return Outcome.DOES_NOT_HOLD if low > limit else Outcome.TOO_FEW_IMAGES


def _drop(answers: Answers, expected: Answers, dataset: Dataset) -> Drop:
    assert dataset.labels is not None
    right, reference_right = answers == dataset.labels, expected == dataset.labels
    change = paired_difference(right, reference_right)
    points, low, high = (0.0 - 100 * value for value in (change.value, change.high, change.low))
    lost, gained = int((reference_right & ~right).sum()), int((right & ~reference_right).sum())
    weights = right.astype(np.int64) - reference_right
    changes = np.bincount(dataset.labels, weights, minlength=len(dataset.class_names)).astype(np.int64)
    per_class = {name: int(change) for name, change in zip(dataset.class_names, changes, strict=True) if change}
    return Drop(points, low, high, mcnemar(lost, gained), lost, gained, per_class)


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
