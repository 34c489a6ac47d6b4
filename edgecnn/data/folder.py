"""Images from a folder: one sub-folder a class, or pictures that nobody labelled."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgecnn.contract import Preprocessing
from edgecnn.data.choice import Draw
from edgecnn.data.dataset import Dataset
from edgecnn.errors import DataError, nearest
from edgecnn.pictures import SUFFIXES
from edgecnn.preprocess import load_image


def load_folder(
    path: Path,
    shape: tuple[int, int, int],
    class_names: tuple[str, ...] | None = None,
    *,
    preprocessing: Preprocessing = Preprocessing(),
    draw: Draw | None = None,
) -> Dataset:
    """Return the pictures in `path/<label>/`, sorted by name, or those in `path` itself, without labels.

    Args:
        path: a folder whose sub-folders are named after the classes, or one without sub-folders.
        shape: height, width and channels that each picture is brought to, as `edgecnn predict` does.
        class_names: the classes in the model's order; None takes the sub-folders' names in sorted order, as
            Keras does.
        preprocessing: how pictures are brought to that shape.
        draw: which pictures to take; others are not read. None takes all.

    Raises:
        DataError: no pictures, a sub-folder that is no class, or an unreadable picture.
    """
    try:
        pictures = {
            entry.name: _pictures(entry)
            for entry in sorted(path.iterdir())
            if entry.is_dir() and not entry.name.startswith(".")
        }
        loose = [] if pictures else _pictures(path)
    except OSError as error:
        raise DataError(f"cannot read the folder {error.filename}: {error.strerror}") from error
    if loose:
        return _read(path, shape, loose, None, class_names or (), preprocessing, draw)
    if not pictures:
        raise DataError(f"{path} has no sub-folders; put the pictures of each class into {path}/<label>/")
    names = tuple(pictures) if class_names is None else class_names
    for name in pictures:
        if name not in names:
            raise DataError(f"{path / name} is not named after a class{nearest(name, names)}")
    files = [file for found in pictures.values() for file in found]
    if not files:
        raise DataError(f"{path} has no pictures in its sub-folders (looked for {', '.join(sorted(SUFFIXES))})")
    numbers = {name: number for number, name in enumerate(names)}
    labels = np.array([numbers[file.parent.name] for file in files], np.int64)
    return _read(path, shape, files, labels, names, preprocessing, draw)


def _read(  # noqa: PLR0917  # one step of the function above
    path: Path,
    shape: tuple[int, int, int],
    files: list[Path],
    labels: np.ndarray | None,
    names: tuple[str, ...],
    preprocessing: Preprocessing,
    draw: Draw | None,
) -> Dataset:
    if draw is not None:
        positions = draw.positions(len(files), labels)
        files = [files[position] for position in positions]
        labels = None if labels is None else labels[positions]
    images = np.empty((len(files), *shape), np.uint8)
    for number, file in enumerate(files):
        images[number] = load_image(file, shape, preprocessing)
    return Dataset(path.name, images, labels, names, tuple(file.relative_to(path).as_posix() for file in files))


def _pictures(folder: Path) -> list[Path]:
    return [
        file
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")  # macOS leaves ._cat.jpg beside cat.jpg
    ]
