"""Data sets by name or path, as `--data`, `--calibration` and `--evaluation` accept them.

| text | images |
|---|---|
| `sample` | the 2,000 embedded CIFAR-10 test images |
| `calibration` | the 512 embedded CIFAR-10 training images |
| `cifar10` | all 10,000 test images, after `edgecnn data fetch` |
| `cifar10-train` | all 50,000 training images, after `edgecnn data fetch` |
| a folder | `FOLDER/<label>/*.png` and other pictures, or `FOLDER/*.png` without labels; resized to the model's input |
| a `.npz` file | arrays `images` (uint8, NHWC) and `labels` (integers), optionally `class_names` |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from edgecnn.contract import Preprocessing
from edgecnn.data.cache import load_full
from edgecnn.data.choice import Draw, choose_balanced
from edgecnn.data.dataset import Dataset, number_labels
from edgecnn.data.folder import load_folder
from edgecnn.data.npz import load_npz
from edgecnn.data.sample import load_calibration_sample, load_test_sample
from edgecnn.errors import DataError, nearest
from edgecnn.task import SINGLE_LABEL

NAMED: dict[str, Callable[[], Dataset]] = {
    "sample": load_test_sample,
    "calibration": load_calibration_sample,
    "cifar10": lambda: load_full("test"),
    "cifar10-train": lambda: load_full("train"),
}


OF_TEST = frozenset({"sample", "cifar10"})
"""Names of data sets whose images are for testing only."""


def open_dataset(
    text: str,
    shape: tuple[int, int, int],
    labels: tuple[str, ...] | None = None,
    *,
    preprocessing: Preprocessing = Preprocessing(),
    draw: Draw | None = None,
    task: str = SINGLE_LABEL,
) -> Dataset:
    """Return the data set that `text` names, as images of `shape`.

    Args:
        text: a name or a path; see the table above.
        shape: height, width and channels of the model's input.
        labels: the model's class names, which must include the names of a folder's sub-folders. With None, or labels
            that are only numbers, the data set's own are used, in sorted order as in Keras.
        preprocessing: how the pictures of a folder are brought to that shape.
        draw: which images to use; None uses all.
        task: the meaning of the labels, one of `edgecnn.task.TASKS`.

    Raises:
        DataError: there is no such data set, its images have another size and cannot be resized, or its labels do not
            fit the model.
    """
    named = None if labels is None or labels == number_labels(len(labels)) else labels
    if text in NAMED:
        dataset = NAMED[text]()
    elif (path := Path(text)).is_dir():
        dataset = load_folder(path, shape, named, preprocessing=preprocessing, draw=draw, task=task)
    elif path.suffix == ".npz":
        dataset = load_npz(path, labels, task)
    else:
        raise DataError(f"no data set, folder or .npz file named {text!r}{nearest(text, NAMED)}")
    if dataset.images.shape[1:] != shape:
        raise DataError(
            f"{dataset.name} has images of {_size(dataset.images.shape[1:])}, but {_size(shape)} is needed; "
            "give a folder of pictures or an .npz file of that size"
        )
    if dataset.labels is None:
        dataset = replace(dataset, class_names=labels or ())
    elif dataset.task_name != task:
        raise DataError(f"{dataset.name} has labels for the task {dataset.task_name}, not {task}")
    elif named is not None and dataset.class_names != named:
        raise DataError(f"{dataset.name} has the classes {_list(dataset.class_names)}; the model has {_list(named)}")
    elif labels is not None and len(dataset.class_names) != len(labels):
        raise DataError(f"{dataset.name} has {len(dataset.class_names)} classes; the model has {len(labels)}")
    return dataset if draw is None else choose_balanced(dataset, draw.count, draw.seed)


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names[:4]) + (f", … ({len(names)})" if len(names) > 4 else "")


def _size(shape: tuple[int, ...]) -> str:
    return "×".join(str(size) for size in shape)
