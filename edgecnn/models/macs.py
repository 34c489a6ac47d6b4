"""Multiply-accumulates of a model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from edgecnn.models.framework import import_keras

if TYPE_CHECKING:
    import keras


def multiply_accumulates(model: keras.Model) -> int:
    """Return the multiply-accumulates of one image in convolutions and dense layers, nested models included.

    Counted as in the literature: output pixels times kernel size times input channels of a group, padding
    included, without biases and everything else.
    """
    return sum(_of_layer(layer) for layer in _leaves(model))


def _leaves(layer: Any) -> list[Any]:
    if hasattr(layer, "layers"):
        return [leaf for inner in layer.layers for leaf in _leaves(inner)]
    return [layer]


def _of_layer(layer: Any) -> int:
    layers = import_keras().layers
    if isinstance(layer, layers.Dense):
        counted = (*layer.output.shape[1:-1], *layer.kernel.shape)
    elif isinstance(layer, layers.DepthwiseConv2D):
        counted = (*layer.output.shape[1:], *layer.kernel.shape[:2])
    elif isinstance(layer, layers.Conv2D):
        counted = (*layer.output.shape[1:], *layer.kernel.shape[:3])
    else:
        return 0
    return math.prod(int(size) for size in counted)
