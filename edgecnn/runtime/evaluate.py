"""Evaluating a model on labelled images."""

from __future__ import annotations

from edgecnn.data.sources import open_dataset
from edgecnn.models.score import Score, score
from edgecnn.runtime.classifier import Classifier


def evaluate(classifier: Classifier, data: str) -> Score:
    """Return the accuracy and loss of a model on labelled images, resized as its contract says.

    Args:
        classifier: the loaded model.
        data: a name, a folder, or an .npz file (see `edgecnn.data.sources`).

    Raises:
        DataError: the images cannot be read, have no labels, or other classes.
    """
    contract = classifier.contract
    dataset = open_dataset(
        data, classifier.shape, classifier.labels, preprocessing=contract.preprocessing, task=contract.task
    )
    return score(classifier.predict(dataset.images), dataset)
