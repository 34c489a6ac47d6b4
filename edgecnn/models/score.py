"""How good a model's answers are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgecnn.data.dataset import Dataset
from edgecnn.errors import DataError

_PROBABILITY_FLOOR = 1e-7
"""Keras' epsilon: a label of probability 0 does not make the loss infinite."""


@dataclass(frozen=True, slots=True)
class Score:
    """How many of `images` a model got right, in which data set, and its mean cross-entropy in nats."""

    data: str
    images: int
    correct: int
    loss: float

    @property
    def top1(self) -> float:
        """Share of right answers."""
        return self.correct / self.images


def score(probabilities: npt.NDArray[np.float32], dataset: Dataset) -> Score:
    """Return top-1 and loss.

    Args:
        probabilities: float32, (N, classes).
        dataset: the N labelled images that they are for.

    Raises:
        DataError: the images have no labels.
    """
    if dataset.labels is None:
        raise DataError(f"{dataset.name} has no labels: accuracy cannot be measured on it")
    of_label = probabilities[np.arange(len(dataset)), dataset.labels].astype(np.float64)
    correct = int((probabilities.argmax(axis=1) == dataset.labels).sum())
    return Score(dataset.name, len(dataset), correct, float(-np.log(np.maximum(of_label, _PROBABILITY_FLOOR)).mean()))
