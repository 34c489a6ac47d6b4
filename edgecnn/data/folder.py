"""Labelled images from a folder with one sub-folder a class."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgecnn.data.dataset import Dataset
from edgecnn.errors import DataError, nearest
from edgecnn.preprocess import SUFFIXES, load_image


def load_folder(path: Path, shape: tuple[int, int, int], class_names: tuple[str, ...] | None = None) -> Dataset:
    """Return the pictures in `path/<label>/`, sorted by name.

    Args:
        path: a folder whose sub-folders are named after the classes.
        shape: height, width and channels that each picture is brought to, as `edgecnn predict` does.
        class_names: the classes in the model's order; None takes the sub-folders' names in sorted order, as
            Keras does.

    Raises:
        DataError: no sub-folders or pictures, a sub-folder that is no class, or an unreadable picture.
    """
    try:
        pictures = {
            entry.name: [file for file in sorted(entry.iterdir()) if _is_picture(file)]
            for entry in sorted(path.iterdir())
            if entry.is_dir() and not entry.name.startswith(".")
        }
    except OSError as error:
        raise DataError(f"cannot read the folder {error.filename}: {error.strerror}") from error
    found = list(pictures)
    if not found:
        raise DataError(f"{path} has no sub-folders; put the pictures of each class into {path}/<label>/")
    names = tuple(found) if class_names is None else class_names
    for name in found:
        if name not in names:
            raise DataError(f"{path / name} is not named after a class{nearest(name, names)}")
    files = [file for name in found for file in pictures[name]]
    if not files:
        raise DataError(f"{path} has no pictures in its sub-folders (looked for {', '.join(sorted(SUFFIXES))})")
    images = np.stack([load_image(file, shape) for file in files])
    labels = np.array([names.index(file.parent.name) for file in files], np.int64)
    return Dataset(path.name, images, labels, names, tuple(f"{file.parent.name}/{file.name}" for file in files))


def _is_picture(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES and not file.name.startswith(".")  # macOS leaves ._cat.jpg beside cat.jpg
