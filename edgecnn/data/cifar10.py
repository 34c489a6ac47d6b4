"""CIFAR-10, and the check that arrays are CIFAR-10.

60,000 colour pictures of 32×32 pixels in ten classes (Krizhevsky, "Learning Multiple Layers of Features
from Tiny Images", 2009). 50,000 are for training and 10,000 for testing, in an official order that Keras,
torchvision and edgecnn share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgecnn.data.dataset import Dataset, Pixels, sha256_array
from edgecnn.errors import DataError

CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
IMAGE_SHAPE = (32, 32, 3)


@dataclass(frozen=True, slots=True, eq=False)
class Cifar10Arrays:
    """All of CIFAR-10 in the official order.

    Attributes:
        train_images, test_images: uint8, (N, 32, 32, 3), RGB.
        train_labels, test_labels: uint8, (N,), 0..9.
    """

    train_images: Pixels
    train_labels: npt.NDArray[np.uint8]
    test_images: Pixels
    test_labels: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The identity of a `Cifar10Arrays`: image counts, and SHA-256 of pixels and of labels, training before test."""

    batch_size: int
    train_batches: int
    pixels_sha256: str
    labels_sha256: str


OFFICIAL = Fingerprint(
    batch_size=10_000,
    train_batches=5,
    pixels_sha256="0ac3ab5c78edb36ac68f69e287fd8f957b2d4f820b80e5fa9bd05c810fc0d95d",
    labels_sha256="3edb456524d5918aefded81f5aef7c32efab2a788211df998a4eb0c8957baa1f",
)


def fingerprint(arrays: Cifar10Arrays, train_batches: int = 5) -> Fingerprint:
    """Return the fingerprint of `arrays`, whose training part has `train_batches` equal batches."""
    pixels = np.concatenate([arrays.train_images, arrays.test_images])
    labels = np.concatenate([arrays.train_labels, arrays.test_labels])
    return Fingerprint(
        batch_size=len(arrays.train_images) // train_batches,
        train_batches=train_batches,
        pixels_sha256=sha256_array(pixels),
        labels_sha256=sha256_array(labels),
    )


def check(arrays: Cifar10Arrays, expected: Fingerprint) -> None:
    """Raise `DataError` unless `arrays` have the expected fingerprint."""
    if not _is_well_formed(arrays) or fingerprint(arrays, expected.train_batches) != expected:
        raise DataError(
            "the decoded images are not CIFAR-10's (SHA-256 differs): they are damaged, or another data set"
        )


def _is_well_formed(arrays: Cifar10Arrays) -> bool:
    parts = ((arrays.train_images, arrays.train_labels), (arrays.test_images, arrays.test_labels))
    return all(
        images.dtype == labels.dtype == np.uint8
        and images.shape[1:] == IMAGE_SHAPE
        and labels.shape == images.shape[:1]
        for images, labels in parts
    )


def to_dataset(arrays: Cifar10Arrays, split: str) -> Dataset:
    """Return the "train" or the "test" part as a `Dataset`."""
    images, labels = {
        "train": (arrays.train_images, arrays.train_labels),
        "test": (arrays.test_images, arrays.test_labels),
    }[split]
    ids = tuple(f"{split}/{index}" for index in range(len(images)))
    return Dataset(f"CIFAR-10 {split}", images, labels.astype(np.int64), CLASS_NAMES, ids)
