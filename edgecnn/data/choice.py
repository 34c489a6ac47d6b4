"""Drawing a part of a data set."""

from __future__ import annotations

import numpy as np

from edgecnn.data.dataset import Dataset


def choose_balanced(dataset: Dataset, count: int, seed: int = 0) -> Dataset:
    """Return at most `count` images, drawn class by class in turn so that no class has two more than another.

    Args:
        dataset: labelled or not; without labels the draw is plain.
        count: how many at most.
        seed: of the draw.
    """
    if len(dataset) <= count:
        return dataset
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(dataset))
    if dataset.labels is not None:
        turn = np.empty(len(dataset), np.int64)
        for label in np.unique(dataset.labels):
            members = order[dataset.labels[order] == label]
            turn[members] = np.arange(len(members))
        order = order[np.argsort(turn[order], kind="stable")]
    return dataset.take(np.sort(order[:count]))
