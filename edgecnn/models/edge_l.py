"""edge_l: the largest of edgecnn's own classifiers, for accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgecnn.models.blocks import pooled_stages

if TYPE_CHECKING:
    import keras


def build(class_count: int = 10) -> keras.Model:
    """Return the untrained model: 737,522 parameters and 46.9 M multiply-accumulates for ten classes.

    Input: float32 or uint8 pixels 0..255, (N, 32, 32, 3), RGB. Output: float32 probabilities, (N, class_count).
    """
    return pooled_stages("edge_l", stem=(24, 48), stages=((48,), (96, 96), (160,)), class_count=class_count)
