"""Pictures of filters and activation maps."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from edgecnn.data.dataset import Pixels
from edgecnn.train.activations import ActivationMaps
from edgecnn.train.plots import make_figure, to_png

_GAP = 1


def filters_picture(kernel: npt.NDArray[np.float32], title: str) -> bytes:
    """Return a PNG of filters side by side; grey 0.5 is a weight of 0, and all share one scale.

    Args:
        kernel: float32, (height, width, input channels, filters). Three input channels are shown as colours,
            any other number as their mean in grey.
        title: of the picture.
    """
    filters = np.moveaxis(kernel, -1, 0)
    if filters.shape[-1] != 3:
        filters = filters.mean(axis=-1, keepdims=True)
    largest = float(np.abs(filters).max()) or 1.0
    figure, axes = make_figure(7, 7)
    axes.imshow(tile(filters / largest / 2 + 0.5, 0.0), cmap="gray", vmin=0, vmax=1)
    axes.set(title=title)
    axes.set_axis_off()
    return to_png(figure)


def maps_picture(maps: ActivationMaps, image: Pixels, title: str) -> bytes:
    """Return a PNG of an image and the activation maps of one convolution, each map scaled by its own range."""
    channels = np.moveaxis(maps.values, -1, 0)
    lowest = channels.min(axis=(1, 2), keepdims=True)
    ranges = channels.max(axis=(1, 2), keepdims=True) - lowest
    scaled = (channels - lowest) / np.where(ranges > 0, ranges, 1)
    figure, (left, right) = make_figure(10, 7, 1, 2, width_ratios=(1, 3))
    left.imshow(image, cmap="gray")
    left.set_axis_off()
    right.imshow(tile(scaled[..., None], np.nan), cmap="viridis", vmin=0, vmax=1)
    right.set(title=title)
    right.set_axis_off()
    return to_png(figure)


def tile(pictures: npt.NDArray[np.floating], between: float) -> npt.NDArray[np.float32]:
    """Return pictures, floats (N, h, w, c), tiled to about a square, with gaps of the value `between`.

    Shape of the result: (rows × (h + 1) - 1, columns × (w + 1) - 1, c).
    """
    count, height, width, channels = pictures.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    sheet = np.full((rows * (height + _GAP), columns * (width + _GAP), channels), between, np.float32)
    for index, picture in enumerate(pictures):
        top, left = index // columns * (height + _GAP), index % columns * (width + _GAP)
        sheet[top : top + height, left : left + width] = picture
    return sheet[:-_GAP, :-_GAP]
