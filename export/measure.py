"""How a model does on the evaluation images, next to the Keras model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edgecnn.artifact import Measured
from edgecnn.data.dataset import Dataset

Scores = npt.NDArray[np.float32]


def compare(scores: Scores, reference: Scores, dataset: Dataset) -> Measured:
    """Return accuracy and agreement.

    Args:
        scores: the model's probabilities, float32, (N, classes).
        reference: the Keras model's, same shape.
        dataset: the N labelled images that both have seen.
    """
    answers = scores.argmax(axis=1)
    return Measured(
        images=len(dataset),
        correct=int((answers == dataset.labels).sum()),
        agree=int((answers == reference.argmax(axis=1)).sum()),
        max_difference=float(np.abs(scores - reference).max()),
    )
