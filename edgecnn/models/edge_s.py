"""edge_s: the smallest of edgecnn's own classifiers, for boards that pay per multiply-accumulate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgecnn.models.blocks import classify, convolve, images_in, residual_block
from edgecnn.models.framework import import_keras

if TYPE_CHECKING:
    import keras


def build(class_count: int = 10) -> keras.Model:
    """Return the untrained model: 310,970 parameters and 12.5 M multiply-accumulates for ten classes.

    Input: float32 or uint8 pixels 0..255, (N, 32, 32, 3), RGB. Output: float32 probabilities, (N, class_count).

    The first convolution halves the resolution at once: wide layers at a low resolution use int8 kernels better than
    narrow ones at a high resolution do.
    """
    keras = import_keras()
    pixels, features = images_in()
    features = convolve(features, 32, 4, stride=2)
    for channels, stride in ((32, 1), (64, 2), (128, 2)):
        features = residual_block(features, channels, stride)
    return keras.Model(pixels, classify(features, class_count), name="edge_s")
