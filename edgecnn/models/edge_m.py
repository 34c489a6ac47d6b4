"""edge_m: the middle one of edgecnn's own classifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgecnn.models.blocks import pooled_stages

if TYPE_CHECKING:
    import keras


def build(class_count: int = 10) -> keras.Model:
    """Return the untrained model: 585,850 parameters and 28.3 M multiply-accumulates for ten classes.

    Input: float32 or uint8 pixels 0..255, (N, 32, 32, 3), RGB. Output: float32 probabilities, (N, class_count).
    """
    return pooled_stages("edge_m", stem=(16, 32), stages=((32,), (80, 80), (160,)), class_count=class_count)
