"""The parts of CIFAR-10 on this machine: the embedded sample, and the full set if it was fetched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from edgecnn.data.cache import cifar10_folder, load_arrays
from edgecnn.data.cifar10 import CLASS_NAMES, to_dataset
from edgecnn.data.dataset import Dataset
from edgecnn.data.sample import load_calibration_sample, load_test_sample
from edgecnn.errors import DataError

FullState = Literal["absent", "verified", "damaged"]


@dataclass(frozen=True, slots=True)
class NamedPart:
    """A data set that `--data` accepts by name.

    Attributes:
        name: for `--data`.
        title: for reports.
        images: how many.
        images_per_class: in the order of `CLASS_NAMES`.
        pixels_sha256: of the pixels, uint8 (N, 32, 32, 3) in C order.
    """

    name: str
    title: str
    images: int
    images_per_class: tuple[int, ...]
    pixels_sha256: str


@dataclass(frozen=True, slots=True)
class Cifar10Inventory:
    """The parts of CIFAR-10 on this machine.

    Attributes:
        class_names: the ten classes, in the order of the labels.
        parts: the embedded ones, and the two of the full set if it is verified.
        full: the full set's state: not fetched, with the official SHA-256, or with another.
        folder: the full set's folder in the cache; it need not exist.
    """

    class_names: tuple[str, ...]
    parts: tuple[NamedPart, ...]
    full: FullState
    folder: str


def take_inventory() -> Cifar10Inventory:
    """Return the parts of CIFAR-10, reading all images to compute their SHA-256.

    Raises:
        DataError: the embedded images cannot be decoded.
    """
    parts = [_part("sample", load_test_sample()), _part("calibration", load_calibration_sample())]
    full: FullState = "absent"
    if cifar10_folder().exists():
        try:
            arrays = load_arrays()
        except DataError:
            full = "damaged"
        else:
            full = "verified"
            parts += [_part("cifar10", to_dataset(arrays, "test")), _part("cifar10-train", to_dataset(arrays, "train"))]
    return Cifar10Inventory(CLASS_NAMES, tuple(parts), full, str(cifar10_folder()))


def load_training_images() -> Dataset:
    """Return all training images if they were fetched, else the embedded ones.

    Raises:
        DataError: the full set was fetched and is damaged.
    """
    if cifar10_folder().exists():
        return to_dataset(load_arrays(), "train")
    return load_calibration_sample()


def _part(name: str, dataset: Dataset) -> NamedPart:
    counts = np.bincount(dataset.known_labels, minlength=len(dataset.class_names))
    return NamedPart(name, dataset.name, len(dataset), tuple(counts.tolist()), dataset.sha256)
