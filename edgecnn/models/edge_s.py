"""edge_s: as many multiply-accumulates as ResNet-8, spent on wider layers at a lower resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgecnn.models.blocks import residual_stages

if TYPE_CHECKING:
    import keras


def build(class_count: int = 10) -> keras.Model:
    """Return the untrained model: 310,666 parameters and 12.5 M multiply-accumulates for ten classes.

    Input: float32 or uint8 pixels 0..255, (N, 32, 32, 3), RGB. Output: float32 probabilities, (N, class_count).
    """
    return residual_stages("edge_s", channels=(32, 64, 128), class_count=class_count)
