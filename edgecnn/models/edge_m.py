"""edge_m: the middle one of edgecnn's own classifiers, a third of MLPerf Tiny's larger ResNet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgecnn.models.blocks import chain

if TYPE_CHECKING:
    import keras


def build(class_count: int = 10) -> keras.Model:
    """Return the untrained model: 716,170 parameters and 25.5 M multiply-accumulates for ten classes.

    Input: float32 or uint8 pixels 0..255, (N, 32, 32, 3), RGB. Output: float32 probabilities, (N, class_count).
    """
    return chain("edge_m", channels=(32, 96, 192), residuals=(2, 2, 1), class_count=class_count)
