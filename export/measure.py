"""Measure a model on the evaluation images, against the Keras model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edgecnn.artifact import Measured
from edgecnn.data.dataset import Dataset

Scores = npt.NDArray[np.float32]


def compare(scores: Scores, reference: Scores, dataset: Dataset) -> Measured:
    """Return the accuracy, if there are labels, and the agreement with the reference.

    Args:
        scores: the model's probabilities, float32, (N, classes).
        reference: those of the Keras model, same shape.
        dataset: the N images that both ran on.
    """
    task = dataset.task
    answers = task.answers(scores)
    agree = task.equal(answers, task.answers(reference))
    return Measured(
        images=agree.size,
        correct=None if dataset.labels is None else int(task.equal(answers, dataset.labels).sum()),
        agree=int(agree.sum()),
        max_difference=float(np.abs(scores - reference).max()),
    )
