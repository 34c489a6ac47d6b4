"""The images that a training learns from, is selected by, and is tested on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from edgecnn.data.cache import load_arrays
from edgecnn.data.cifar10 import to_dataset
from edgecnn.data.dataset import Dataset
from edgecnn.data.sources import OF_TEST, open_dataset
from edgecnn.errors import DataError

_FORM_OF_CIFAR10 = "lossless 8-bit RGB; expect less on JPEG copies"
_TEST_SHARE = 0.1
_TEST_SEED = 0
"""Independent of the training's seed: models of several seeds, or one started from another, share a test."""
_FEWEST_CLASSES = 2


@dataclass(frozen=True, slots=True)
class Split:
    """Three sets of labelled images.

    Attributes:
        held_out: to choose an epoch by; None if there is no choice.
        description: of the training images, for the card.
        data_form: a remark on the test images, for the card.
        cifar10_held_out: how many of CIFAR-10's training images were set aside; None for other images.
    """

    training: Dataset
    held_out: Dataset | None
    test: Dataset
    description: str
    data_form: str = ""
    cifar10_held_out: int | None = None

    @property
    def sha256(self) -> str:
        """SHA-256 of the training images, their labels and the names of the classes."""
        labels = np.asarray(self.training.labels, np.int64).tobytes()
        return hashlib.sha256(repr((self.training.sha256, self.training.class_names)).encode() + labels).hexdigest()


def split_cifar10(holdout: int, seed: int) -> Split:
    """Return the full CIFAR-10, with `holdout` of its training images set aside.

    Raises:
        DataError: the full data set was not fetched.
    """
    arrays = load_arrays()
    training, held_out = _hold_out(to_dataset(arrays, "train"), holdout, seed)
    description = f"{len(training):,} images of the CIFAR-10 training split"
    return Split(training, held_out, to_dataset(arrays, "test"), description, _FORM_OF_CIFAR10, holdout)


def split_own(data: str, test: str | None, shape: tuple[int, int, int], holdout: int, seed: int) -> Split:
    """Return a user's own images, with `holdout` of them set aside.

    Images with the same pixels as those drawn for the test or hold-out are left out of the training.

    Args:
        data: as `edgecnn.data.sources` reads: a folder with one sub-folder per class, or an .npz file.
        test: likewise for the test; None takes a tenth of `data`, class by class.
        shape: height, width and channels to resize pictures to.
        holdout: number of images to choose an epoch by.
        seed: for drawing held-out images.

    Raises:
        DataError: unreadable data, no labels, a single class, too few images of a class, training images in the
            test, or CIFAR-10's test images as `data`.
    """
    if data in OF_TEST:
        raise DataError(
            f"{data!r} names CIFAR-10 test images, which are not for training; its training images are used "
            "without --data"
        )
    every = open_dataset(data, shape)
    if every.labels is None:
        raise DataError(f"{data} has no labels; training needs them")
    if len(every.class_names) < _FEWEST_CLASSES:
        raise DataError(f"{data} has images of one class; a classifier needs two or more")
    if test is None:
        judged, rest = _draw(every, max(1, round(len(every) * _TEST_SHARE)), _TEST_SEED)
        rest = _without(rest, judged)
        judged = replace(judged, name=f"a tenth of {every.name}, kept apart")
    else:
        rest, judged = every, open_dataset(test, shape, every.class_names)
        if judged.labels is None:
            raise DataError(f"{test} has no labels; the test needs them")
        _refuse_shared(rest, judged)
    training, held_out = _hold_out(rest, holdout, seed)
    if held_out is not None:
        training = _without(training, held_out)
    return Split(training, held_out, judged, f"{len(training):,} images of {every.name}")


def _hold_out(full: Dataset, holdout: int, seed: int) -> tuple[Dataset, Dataset | None]:
    if not holdout:
        return full, None
    held_out, training = _draw(full, holdout, seed)
    return training, held_out


def _draw(full: Dataset, count: int, seed: int) -> tuple[Dataset, Dataset]:
    """Return `count` images, the same share of every class, and the rest.

    A smaller `count` with the same seed draws a subset.

    Raises:
        DataError: no image of a class would be left.
    """
    strata = full.task.strata(full.known_labels)
    sizes = np.bincount(strata, minlength=len(full.class_names))
    quotas = _quotas(sizes, count)
    if count >= len(full) or (quotas >= sizes)[sizes > 0].any():
        raise DataError(
            f"{full.name} has {len(full):,} images, {sizes[sizes > 0].min():,} of its smallest class: {count:,} cannot "
            "be kept apart from training"
        )
    order = np.random.default_rng(seed).permutation(len(full))
    chosen = np.sort(np.concatenate([order[strata[order] == stratum][:quota] for stratum, quota in enumerate(quotas)]))
    return full.take(chosen), full.take(np.setdiff1d(np.arange(len(full)), chosen))


def _quotas(sizes: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    """Return how many images of each class to draw: its share of `count`, rounded to the exact sum.

    Source: the largest remainder method.
    """
    shares = count * sizes / sizes.sum()
    quotas: npt.NDArray[np.int64] = np.floor(shares).astype(np.int64)
    first = np.argsort(-(shares - quotas), kind="stable")[: count - quotas.sum()]
    quotas[first] += 1
    return quotas


def _without(images: Dataset, others: Dataset) -> Dataset:
    """Return the images without those whose pixels equal one of the others.

    Raises:
        DataError: no image of a class is left.
    """
    known = {image.tobytes() for image in others.images}
    left = images.take(np.flatnonzero([image.tobytes() not in known for image in images.images]))
    before, after = (part.task.strata(part.known_labels) for part in (images, left))
    for label in np.setdiff1d(before, after):
        raise DataError(
            f"{images.name}: the images of {images.class_names[label]} are copies of those that are kept apart; give "
            "different ones"
        )
    return left


def _refuse_shared(training: Dataset, test: Dataset) -> None:
    known = {image.tobytes() for image in training.images}
    shared = sum(image.tobytes() in known for image in test.images)
    if shared:
        raise DataError(f"{shared} of {len(test)} test images are also training images; keep them apart")
