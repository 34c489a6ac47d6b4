"""Drawing a part of a data set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgecnn.data.dataset import Dataset, Labels


@dataclass(frozen=True, slots=True)
class Draw:
    """At most `count` images, drawn with `seed`, class by class in turn: no class has two more than another."""

    count: int
    seed: int = 0

    def positions(self, total: int, strata: Labels | None) -> npt.NDArray[np.intp]:
        """Return which of `total` images are drawn, ascending.

        Args:
            total: how many there are.
            strata: int64, (total,), the class of each, or another group to draw from in turn; None draws plainly.
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
    """Return the part of a data set that `Draw(count, seed)` draws; a small enough one as it is."""
    if len(dataset) <= count:
        return dataset
    strata = None if dataset.labels is None else dataset.task.strata(dataset.labels)
    return dataset.take(Draw(count, seed).positions(len(dataset), strata))
