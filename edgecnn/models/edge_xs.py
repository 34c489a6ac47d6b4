"""edge_xs: the smallest of edgecnn's own classifiers, with half of ResNet-8's multiply-accumulates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgecnn.models.blocks import chain

if TYPE_CHECKING:
    import keras


def build(class_count: int = 10) -> keras.Model:
    """Return the untrained model: 178,314 parameters and 5.9 M multiply-accumulates for ten classes.

    Input: float32 or uint8 pixels 0..255, (N, 32, 32, 3), RGB. Output: float32 probabilities, (N, class_count).
    """
    return chain("edge_xs", channels=(16, 48, 96), residuals=(1, 2, 1), class_count=class_count)
