"""The pictures of `edgecnn explain`: a model's filters and its activation maps for an image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from edgecnn.data.dataset import Pixels
from edgecnn.files import write_atomic
from edgecnn.train.activation_plots import filters_picture, maps_picture
from edgecnn.train.activations import activation_maps, first_filters
from edgecnn.train.plots import MADE_HERE

if TYPE_CHECKING:
    import keras

_FILTERS = "filters.png"
_HEAD = 200
"""Bytes that mark a picture as made by edgecnn."""


def explain(
    model: keras.Model, name: str, image: Pixels, values: npt.NDArray[np.float32], out: Path
) -> tuple[Path, ...]:
    """Write `filters.png` and, for each convolution, `maps-<number>-<layer>.png` into `out`; return their paths.

    Pictures of an earlier call in `out` that are not replaced are removed.

    Args:
        model: with one image input.
        name: of the model, for the titles.
        image: uint8, (H, W, C), of the model's size, to show beside the maps.
        values: float32, (H, W, C), the model's input for it.
        out: folder, made if needed.

    Raises:
        ModelError: the model has no convolution.
        OutputError: a file cannot be written.
    """
    found = activation_maps(model, values)
    pictures = {}
    if first := first_filters(model):
        layer, kernel = first
        title = f"{name}, {layer}: {kernel.shape[-1]} filters of {kernel.shape[0]}×{kernel.shape[1]}"
        pictures[_FILTERS] = filters_picture(kernel, title)
    for number, maps in enumerate(found, 1):
        height, width, channels = maps.values.shape
        title = f"{name}, {maps.layer}: {channels} maps of {height}×{width}"
        pictures[f"maps-{number:02}-{maps.layer}.png"] = maps_picture(maps, image, title)
    for old in (out / _FILTERS, *out.glob("maps-*.png")):
        if old.name not in pictures and _was_made_here(old):
            old.unlink()
    for file, content in pictures.items():
        write_atomic(out / file, content)
    return tuple(out / file for file in pictures)


def _was_made_here(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return MADE_HERE in file.read(_HEAD)
