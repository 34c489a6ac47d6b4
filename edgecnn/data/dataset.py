"""Labelled images in memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgecnn.errors import DataError
from edgecnn.task import SINGLE_LABEL, Task, find_task

Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Images of one size, with their labels if they are known.

    Attributes:
        name: its name in reports.
        images: uint8, (N, height, width, channels), RGB or one grey channel, 0..255.
        labels: int64, in the task's form; for single labels (N,), positions in `class_names`. None if the images have
            no labels.
        class_names: one for each class, in the order of the model's scores.
        ids: one for each image: its index in the official order, or its file name.
        task_name: the meaning of the labels, one of `edgecnn.task.TASKS`.
    """

    name: str
    images: Pixels
    labels: Labels | None
    class_names: tuple[str, ...]
    ids: tuple[str, ...]
    task_name: str = SINGLE_LABEL

    def __len__(self) -> int:
        return len(self.images)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the pixels in C order."""
        return sha256_array(self.images)

    def take(self, positions: npt.NDArray[np.intp]) -> Dataset:
        """Return the images at `positions` (int, (M,)), in that order."""
        return Dataset(
            self.name,
            self.images[positions],
            None if self.labels is None else self.labels[positions],
            self.class_names,
            tuple(self.ids[position] for position in positions),
            self.task_name,
        )

    @property
    def task(self) -> Task:
        """The meaning of labels and answers."""
        return find_task(self.task_name)

    @property
    def known_labels(self) -> Labels:
        """The labels.

        Raises:
            DataError: there are none.
        """
        if self.labels is None:
            raise DataError(f"{self.name} has no labels: accuracy cannot be measured on it")
        return self.labels


def number_labels(class_count: int) -> tuple[str, ...]:
    """Return "0", "1", … as labels of unnamed classes."""
    return tuple(str(number) for number in range(class_count))


def sha256_array(array: npt.NDArray[np.uint8]) -> str:
    """Return the SHA-256 of a uint8 array's values in C order."""
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
