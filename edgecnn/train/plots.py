"""Pictures of a training and of its data."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt

from edgecnn.data.dataset import Dataset
from edgecnn.errors import BackendError
from edgecnn.task import same_answers
from edgecnn.train.checkpoint import History

MADE_HERE = b"Software\0edgecnn"
"""Mark in the first bytes of each picture: files that have it may be replaced and removed."""
_GRID_SIDE = 5
_MOST_NUMBERED = 30
"""The most classes for which a confusion matrix shows its numbers; with more they are unreadable."""
_LARGEST = 20
"""Side length of a confusion matrix, in inches."""


def accuracy_curves(history: History, title: str, validated_on: str) -> bytes:
    """Return a PNG of the accuracy over the epochs, on training images and on those named `validated_on`."""
    figure, axes = make_figure(7, 4.5)
    for key, label in (("accuracy", "training"), ("val_accuracy", validated_on)):
        if values := history.get(key):
            epochs = range(1, len(values) + 1)
            axes.plot(epochs, values, marker="o", markersize=3, label=f"{label}, last {values[-1]:.1%}")
    axes.set(xlabel="epoch", ylabel="accuracy", title=_plain(title))
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    return to_png(figure)


def image_grid(dataset: Dataset) -> bytes:
    """Return a PNG of the first 25 images with their class names, 5 by 5."""
    figure, grid = make_figure(8, 8.6, _GRID_SIDE, _GRID_SIDE)
    for index, axes in enumerate(grid.flat):
        axes.set_axis_off()
        if index < len(dataset):
            axes.imshow(dataset.images[index], cmap="gray")
            if dataset.labels is not None:
                axes.set_title(_plain(dataset.class_names[dataset.labels[index]]), fontsize=11)
    return to_png(figure)


def confusion_matrix(probabilities: npt.NDArray[np.float32], dataset: Dataset, title: str) -> bytes | None:
    """Return a PNG of the confusion matrix: true classes in rows, answers in columns.

    Args:
        probabilities: float32, (N, classes), of the N labelled images.
        dataset: the images.
        title: of the picture.
    """
    task, labels = dataset.task, dataset.known_labels
    counts = task.confusion(task.answers(probabilities), labels, len(dataset.class_names))
    if counts is None:
        return None
    names = [_plain(name) for name in dataset.class_names]
    side = min(max(5, 0.6 * len(names) + 2), _LARGEST)
    figure, axes = make_figure(side, side)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(*counts.shape) if len(names) <= _MOST_NUMBERED else ():
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour, fontsize=8)
    axes.set(xlabel="taken for", ylabel="is", title=_plain(title))
    every = -(-len(names) // (2 * _MOST_NUMBERED))  # so that they stay apart
    axes.set_xticks(range(0, len(names), every), names[::every], rotation=45, ha="right")
    axes.set_yticks(range(0, len(names), every), names[::every])
    return to_png(figure)


def worst_mistakes(probabilities: npt.NDArray[np.float32], dataset: Dataset) -> bytes:
    """Return a PNG of at most 25 misclassified images, the most confident mistakes first."""
    figure, grid = make_figure(8, 9.4, _GRID_SIDE, _GRID_SIDE)
    chosen, task = find_worst_mistakes(probabilities, dataset, _GRID_SIDE**2), dataset.task
    answers, sureness = task.answers(probabilities), task.sureness(probabilities)
    for axes in grid.flat:
        axes.set_axis_off()
    for position, axes in zip(chosen, grid.flat, strict=False):
        answer, label = (task.name(one[position], dataset.class_names) for one in (answers, dataset.known_labels))
        axes.imshow(dataset.images[position], cmap="gray")
        title = f"{label}\ntaken for {answer}\n{sureness[position]:.0%}"
        axes.set_title(_plain(title), fontsize=8)
    return to_png(figure)


def find_worst_mistakes(probabilities: npt.NDArray[np.float32], dataset: Dataset, count: int) -> npt.NDArray[np.int64]:
    """Return the positions of at most `count` misclassified images, most confident first: int64, (M,)."""
    task = dataset.task
    wrong = np.flatnonzero(~same_answers(task, task.answers(probabilities), dataset.known_labels))
    return wrong[np.argsort(-task.sureness(probabilities[wrong]), kind="stable")][:count]


def _plain(text: str) -> str:
    """Return the text escaped for Matplotlib, which reads formulas between dollar signs."""
    return text.replace("$", r"\$")


def make_figure(width: float, height: float, rows: int = 1, columns: int = 1, **grid: Any) -> tuple[Any, Any]:
    """Return a Matplotlib figure of `width` by `height` inches and its axes.

    Raises:
        BackendError: Matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # without pyplot, which would need a window system
    except ImportError as error:
        raise BackendError("pictures need Matplotlib; pip install 'edgecnn[train]'") from error
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, gridspec_kw=grid)


def to_png(figure: Any) -> bytes:
    """Return a Matplotlib figure as a PNG marked as made by edgecnn."""
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=120, metadata={"Software": "edgecnn"})
    return content.getvalue()
