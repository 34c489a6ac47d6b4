"""How a model does on the evaluation images, next to the Keras model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edgecnn.artifact import Measured
from edgecnn.data.dataset import Dataset

Scores = npt.NDArray[np.float32]

_FLOOR = 1e-7
"""Keras' epsilon: a probability that was rounded to 0 does not make a divergence infinite."""


def compare(scores: Scores, reference: Scores, dataset: Dataset) -> Measured:
    """Return accuracy, where there are labels, and agreement.

    Args:
        scores: the model's probabilities, float32, (N, classes).
        reference: the Keras model's, same shape.
        dataset: the N images that both have seen.
    """
    answers = scores.argmax(axis=1)
    return Measured(
        images=len(dataset),
        correct=None if dataset.labels is None else int((answers == dataset.labels).sum()),
        agree=int((answers == reference.argmax(axis=1)).sum()),
        max_difference=float(np.abs(scores - reference).max()),
    )


def divergence(scores: Scores, reference: Scores) -> float:
    """Return the mean over images of the Kullback-Leibler divergence of `scores` from `reference`, in nats.

    Args:
        scores, reference: probabilities, float32, (N, classes).
    """
    of_file, of_keras = (np.maximum(one.astype(np.float64), _FLOOR) for one in (scores, reference))
    of_file /= of_file.sum(axis=1, keepdims=True)
    of_keras /= of_keras.sum(axis=1, keepdims=True)
    return float((of_keras * np.log(of_keras / of_file)).sum(axis=1).mean())
