"""Drawing a random part of a data set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgecnn.data.dataset import Dataset, Labels


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw of at most `count` images with `seed`, from the classes in turn: no class has two more than another."""

    count: int
    seed: int = 0

    def positions(self, total: int, strata: Labels | None) -> npt.NDArray[np.intp]:
        """Return the positions of the drawn images among `total`, ascending.

        Args:
            total: the number of images.
            strata: int64, (total,), the class, or another group, of each image: groups are drawn from in turn. None
                draws from all images alike.
        """
        if total <= self.count:
            return np.arange(total)
        order = np.random.default_rng(self.seed).permutation(total)
        if strata is not None:
            turn = np.empty(total, np.int64)
            for stratum in np.unique(strata):
                members = order[strata[order] == stratum]
                turn[members] = np.arange(len(members))
            order = order[np.argsort(turn[order], kind="stable")]
        return np.sort(order[: self.count])


def choose_balanced(dataset: Dataset, count: int, seed: int = 0) -> Dataset:
    """Return the part of a data set that `Draw(count, seed)` draws, or the data set itself if it is no larger."""
    if len(dataset) <= count:
        return dataset
    strata = None if dataset.labels is None else dataset.task.strata(dataset.labels)
    return dataset.take(Draw(count, seed).positions(len(dataset), strata))
