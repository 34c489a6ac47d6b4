"""The gate: a paired test of a file's answers against the Keras model's."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from edgecnn.data.dataset import Dataset
from edgecnn.gate import Flip, GateResult, Outcome
from edgecnn.statistics import mcnemar, paired_difference

Answers = npt.NDArray[np.int64]


def judge(answers: Answers, reference: Answers, dataset: Dataset, max_drop: float) -> GateResult:
    """Return whether the answers lose at most `max_drop` points of top-1 to the reference.

    It holds if the whole 95 % interval of the drop is within the limit, and does not hold if the whole interval is
    beyond it. In between, the images are too few to tell; as many as would bring the half width of the interval down
    to the distance from the limit would be enough.

    Args:
        answers, reference: int, (N,), class numbers of the file and of the Keras model.
        dataset: the N labelled images.
        max_drop: in points.
    """
    assert dataset.labels is not None
    right, reference_right = answers == dataset.labels, reference == dataset.labels
    change = paired_difference(right, reference_right)
    drop, low, high = (0.0 - 100 * value for value in (change.value, change.high, change.low))
    lost, gained = int((reference_right & ~right).sum()), int((right & ~reference_right).sum())
    outcome = Outcome.TOO_FEW_IMAGES
    if high <= max_drop:
        outcome = Outcome.HOLDS
    elif low > max_drop:
        outcome = Outcome.DOES_NOT_HOLD
    return GateResult(
        outcome=outcome,
        max_drop=max_drop,
        drop=drop,
        drop_low=low,
        drop_high=high,
        mcnemar_p=mcnemar(lost, gained),
        lost=lost,
        gained=gained,
        enough_images=_enough(len(dataset), drop, (high - low) / 2, max_drop)
        if outcome is Outcome.TOO_FEW_IMAGES
        else None,
        flips=_flips(answers, reference, dataset),
        per_class=_per_class(right, reference_right, dataset),
    )


def _enough(count: int, drop: float, half_width: float, max_drop: float) -> int:
    """Return how many images would decide it: the half width goes with one over the root of their number.

    The distance from the limit is taken as a tenth of a point at least, since nothing decides a tie.
    """
    distance = max(abs(max_drop - drop), 0.1)
    return max(count + 1, math.ceil(count * (half_width / distance) ** 2))


def _flips(answers: Answers, reference: Answers, dataset: Dataset) -> tuple[Flip, ...]:
    assert dataset.labels is not None
    names, labels = dataset.class_names, dataset.labels
    return tuple(
        Flip(dataset.ids[index], names[labels[index]], names[reference[index]], names[answers[index]])
        for index in np.flatnonzero(answers != reference)
    )


def _per_class(
    right: npt.NDArray[np.bool_], reference_right: npt.NDArray[np.bool_], dataset: Dataset
) -> dict[str, int]:
    assert dataset.labels is not None
    weights = right.astype(np.int64) - reference_right
    changes = np.bincount(dataset.labels, weights, minlength=len(dataset.class_names)).astype(np.int64)
    return {name: int(change) for name, change in zip(dataset.class_names, changes, strict=True) if change}
