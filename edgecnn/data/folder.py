"""Images from a folder: one sub-folder per class, or pictures without labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgecnn.contract import Preprocessing
from edgecnn.data.choice import Draw
from edgecnn.data.dataset import Dataset
from edgecnn.errors import DataError
from edgecnn.pictures import pictures_in
from edgecnn.preprocess import load_image
from edgecnn.task import SINGLE_LABEL, find_task


def load_folder(
    path: Path,
    shape: tuple[int, int, int],
    class_names: tuple[str, ...] | None = None,
    *,
    preprocessing: Preprocessing = Preprocessing(),
    draw: Draw | None = None,
    task: str = SINGLE_LABEL,
) -> Dataset:
    """Return the labelled pictures that the task finds in a folder, or else those in the folder itself, without labels.

    Args:
        path: for single labels, a folder with sub-folders named after the classes, or one without sub-folders.
        shape: height, width and channels that each picture is brought to, as in `edgecnn predict`.
        class_names: the classes in the model's order; None uses the sub-folders' names in sorted order, as Keras does.
        preprocessing: how pictures are brought to that shape.
        draw: which pictures to use; others are not read. None uses all.
        task: the meaning of the labels, one of `edgecnn.task.TASKS`.

    Raises:
        DataError: there are no pictures, a sub-folder is not a class, or a picture cannot be read.
    """
    try:
        labelled = find_task(task).find_labels(path, class_names)
        loose = pictures_in(path) if labelled is None else []
    except OSError as error:
        raise DataError(f"cannot read the folder {error.filename}: {error.strerror}") from error
    if labelled is None and not loose:
        raise DataError(f"{path} has no sub-folders; put the pictures of each class into {path}/<label>/")
    files, labels, names = labelled or (loose, None, class_names or ())
    if draw is not None:
        positions = draw.positions(len(files), None if labels is None else find_task(task).strata(labels))
        files = [files[position] for position in positions]
        labels = None if labels is None else labels[positions]
    images = np.empty((len(files), *shape), np.uint8)
    for number, file in enumerate(files):
        images[number] = load_image(file, shape, preprocessing)
    ids = tuple(file.relative_to(path).as_posix() for file in files)
    return Dataset(path.name, images, labels, names, ids, task)
