"""Pictures of a training and of its data."""

from __future__ import annotations

import io
from typing import Any

from edgecnn.data.dataset import Dataset
from edgecnn.errors import BackendError
from edgecnn.train.fit import History

_GRID_SIDE = 5


def accuracy_curves(history: History, title: str) -> bytes:
    """Return a PNG of training and validation accuracy over the epochs."""
    figure, axes = _figure(7, 4.5)
    for key, label in (("accuracy", "training"), ("val_accuracy", "validation")):
        if values := history.get(key):
            epochs = range(1, len(values) + 1)
            axes.plot(epochs, values, marker="o", markersize=3, label=f"{label}, last {values[-1]:.1%}")
    axes.set(xlabel="epoch", ylabel="accuracy", title=title)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    return _png(figure)


def image_grid(dataset: Dataset) -> bytes:
    """Return a PNG of the first 25 images with their class names, 5 by 5."""
    figure, grid = _figure(8, 8.6, _GRID_SIDE, _GRID_SIDE)
    for index, axes in enumerate(grid.flat):
        axes.set_axis_off()
        if index < len(dataset):
            axes.imshow(dataset.images[index], cmap="gray")
            if dataset.labels is not None:
                axes.set_title(dataset.class_names[dataset.labels[index]], fontsize=11)
    return _png(figure)


def _figure(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Any, Any]:
    try:
        from matplotlib.figure import Figure  # without pyplot: no window system is asked for
    except ImportError as error:
        raise BackendError("pictures need Matplotlib; pip install 'edgecnn[train]'") from error
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns)


def _png(figure: Any) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=120)
    return content.getvalue()
