"""Labelled images from a NumPy .npz file; no pickled object in it is ever loaded."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgecnn.data.dataset import Dataset
from edgecnn.errors import DataError

_NAMES = ("images", "labels", "class_names")
_NHWC_AXES = 4
_MAX_UNPACKED_BYTES = 8 * 2**30
_MAX_CLASSES = 100_000
"""As many as are numbered where nobody named them; a label can be up to 2**63."""


def load_npz(path: Path, class_names: tuple[str, ...] | None = None) -> Dataset:
    """Return the images of an .npz file.

    Args:
        path: a file with `images` (uint8, (N, H, W, C)), and optionally `labels` (integers, (N,)) and
            `class_names` (strings).
        class_names: used where the file has none; without either, the classes are called "0", "1", …

    Raises:
        DataError: the file cannot be read, or its arrays are not of that form.
    """
    found = _read(path)
    images, labels, names = found.get("images"), found.get("labels"), found.get("class_names")
    if images is None or images.ndim != _NHWC_AXES or images.dtype != np.uint8 or not len(images):
        raise DataError(f"{path} needs an array `images` of uint8, (N, height, width, channels), raw pixels 0..255")
    if names is not None:
        if names.ndim != 1 or names.dtype.kind != "U":
            raise DataError(f"{path} needs `class_names` as a list of strings, in the order of the labels")
        class_names = tuple(str(name) for name in names)
    ids = tuple(str(number) for number in range(len(images)))
    if labels is None:
        return Dataset(path.name, images, None, class_names or (), ids)
    if labels.shape != (len(images),) or labels.dtype.kind not in "iu":
        raise DataError(f"{path} needs `labels` of integers, one for each of its {len(images)} images")
    lowest, highest = int(labels.min()), int(labels.max())
    if class_names is None:
        class_names = tuple(str(number) for number in range(min(highest + 1, _MAX_CLASSES)))
    if lowest < 0 or highest >= len(class_names):
        raise DataError(f"{path} has labels {lowest}..{highest}, but there are {len(class_names)} classes")
    return Dataset(path.name, images, labels.astype(np.int64), class_names, ids)


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
    except Exception as error:  # whatever a damaged file makes the zip reader or NumPy raise, the user needs one line
        raise DataError(f"{path} cannot be read as .npz: {error}") from error
