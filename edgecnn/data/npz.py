"""Labelled images from a NumPy .npz file; pickled objects in it are never loaded."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgecnn.data.dataset import Dataset
from edgecnn.errors import DataError
from edgecnn.task import SINGLE_LABEL, find_task

_NAMES = ("images", "labels", "class_names")
_NHWC_AXES = 4
_MAX_UNPACKED_BYTES = 8 * 2**30


def load_npz(path: Path, class_names: tuple[str, ...] | None = None, task: str = SINGLE_LABEL) -> Dataset:
    """Return the images of an .npz file.

    Args:
        path: a file with `images` (uint8, (N, H, W, C)), and optionally `labels` (integers, of the task's form) and
            `class_names` (strings).
        class_names: used if the file has none; without either, the classes are named "0", "1", …
        task: the meaning of the labels, one of `edgecnn.task.TASKS`.

    Raises:
        DataError: the file cannot be read, or its arrays are not of that form.
    """
    arrays = _read(path)
    images, labels, names = arrays.get("images"), arrays.get("labels"), arrays.get("class_names")
    if images is None or images.ndim != _NHWC_AXES or images.dtype != np.uint8 or not len(images):
        raise DataError(f"{path} needs an array `images` of uint8, (N, height, width, channels), raw pixels 0..255")
    if names is not None:
        if names.ndim != 1 or names.dtype.kind != "U":
            raise DataError(f"{path} needs `class_names` as a list of strings, in the order of the labels")
        class_names = tuple(str(name) for name in names)
    ids = tuple(str(number) for number in range(len(images)))
    if labels is None:
        return Dataset(path.name, images, None, class_names or (), ids, task)
    try:
        labels, class_names = find_task(task).check_labels(labels, len(images), class_names)
    except ValueError as error:
        raise DataError(f"{path} {error}") from error
    return Dataset(path.name, images, labels, class_names, ids, task)


def _read(path: Path) -> dict[str, npt.NDArray[Any]]:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > _MAX_UNPACKED_BYTES:
            raise ValueError(f"it unpacks to {unpacked:,} bytes")
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: np.asarray(arrays[name]) for name in _NAMES if name in arrays}
    except FileNotFoundError as error:
        raise DataError(f"no such file: {path}") from error
    except Exception as error:  # zipfile or NumPy may raise anything on a damaged file; the user needs one line
        raise DataError(f"{path} cannot be read as .npz: {error}") from error
