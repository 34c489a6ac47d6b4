"""Which images a training learns from, which it is chosen by, and which it is judged by at the end."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from edgecnn.data.cache import load_arrays
from edgecnn.data.choice import choose_balanced
from edgecnn.data.cifar10 import to_dataset
from edgecnn.data.dataset import Dataset
from edgecnn.data.sources import open_dataset
from edgecnn.errors import DataError

_TEST_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Split:
    """Three sets of labelled images that share none.

    Attributes:
        held_out: to choose an epoch by; None if nothing is chosen.
        description: of the training images, for the card.
    """

    training: Dataset
    held_out: Dataset | None
    test: Dataset
    description: str

    @property
    def sha256(self) -> str:
        """SHA-256 of the training images."""
        return self.training.sha256


def split_cifar10(holdout: int, seed: int) -> Split:
    """Return the full CIFAR-10 with `holdout` of its training images kept apart.

    Raises:
        DataError: the full data set was not fetched.
    """
    arrays = load_arrays()
    training, held_out = _hold_out(to_dataset(arrays, "train"), holdout, seed)
    description = f"{len(training):,} images of the CIFAR-10 training split"
    return Split(training, held_out, to_dataset(arrays, "test"), description)


def split_own(data: str, test: str | None, shape: tuple[int, int, int], holdout: int, seed: int) -> Split:
    """Return a user's own images with `holdout` of them kept apart.

    Args:
        data: as `edgecnn.data.sources` reads: a folder with one sub-folder a class, or an .npz file.
        test: the same for the test; None takes a tenth of the images, class by class, out of `data`.
        shape: height, width and channels that the pictures are brought to.
        holdout: number of images to choose an epoch by.
        seed: of the draws.

    Raises:
        DataError: data that cannot be read or has no labels, too few images, or training images in the test.
    """
    every = open_dataset(data, shape)
    if every.labels is None:
        raise DataError(f"{data} has no labels; training needs them")
    if test is None:
        judged, rest = _draw(every, max(1, round(len(every) * _TEST_SHARE)), seed)
        judged = replace(judged, name=f"a tenth of {every.name}, kept apart")
    else:
        rest, judged = every, open_dataset(test, shape, every.class_names)
        _refuse_shared(rest, judged)
    training, held_out = _hold_out(rest, holdout, seed)
    return Split(training, held_out, judged, f"{len(training):,} images of {every.name}")


def _hold_out(full: Dataset, holdout: int, seed: int) -> tuple[Dataset, Dataset | None]:
    if not holdout:
        return full, None
    held_out, training = _draw(full, holdout, seed)
    return training, held_out


def _draw(full: Dataset, count: int, seed: int) -> tuple[Dataset, Dataset]:
    """Return `count` images, as evenly over the classes as can be, and the others.

    Raises:
        DataError: no image would be left.
    """
    if count >= len(full):
        raise DataError(f"{full.name} has {len(full):,} images: {count:,} cannot be kept apart from training")
    numbered = replace(full, ids=tuple(str(position) for position in range(len(full))))
    chosen = np.array([int(name) for name in choose_balanced(numbered, count, seed).ids])
    others = np.setdiff1d(np.arange(len(full)), chosen)
    return full.take(chosen), full.take(others)


def _refuse_shared(training: Dataset, test: Dataset) -> None:
    known = {image.tobytes() for image in training.images}
    shared = sum(image.tobytes() in known for image in test.images)
    if shared:
        raise DataError(f"{shared} of {len(test)} test images are also training images; keep them apart")
