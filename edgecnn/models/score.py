"""Accuracy and loss of a model's answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgecnn.data.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Score:
    """Accuracy and loss of a model on a data set.

    Attributes:
        data: the data set.
        images: number of decisions: one per image for single labels.
        correct: how many of them are correct.
        loss: mean cross-entropy in nats.
    """

    data: str
    images: int
    correct: int
    loss: float

    @property
    def top1(self) -> float:
        """Share of correct answers."""
        return self.correct / self.images


def score(probabilities: npt.NDArray[np.float32], dataset: Dataset) -> Score:
    """Return top-1 and loss.

    Args:
        probabilities: float32, (N, classes).
        dataset: the N labelled images they belong to.

    Raises:
        DataError: the images have no labels.
    """
    task, labels = dataset.task, dataset.known_labels
    right = task.equal(task.answers(probabilities), labels)
    return Score(dataset.name, right.size, int(right.sum()), task.cross_entropy(probabilities, labels))
