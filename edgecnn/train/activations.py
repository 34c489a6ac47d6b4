"""Filters of a model's convolutions, and their activations for an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from edgecnn.errors import ModelError
from edgecnn.models.framework import import_keras

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, slots=True, eq=False)
class ActivationMaps:
    """The activation maps of one convolution, after batch norm and relu if these follow it.

    Attributes:
        layer: name of the convolution.
        values: float32, (height, width, channels).
    """

    layer: str
    values: npt.NDArray[np.float32]


def first_filters(model: keras.Model) -> tuple[str, npt.NDArray[np.float32]] | None:
    """Return name and kernel of the first convolution that is not separable; None if all are.

    The kernel is float32, (height, width, input channels, filters).

    Raises:
        ModelError: the model has no convolution.
    """
    separable = import_keras().layers.SeparableConv2D
    first = next((layer for layer in _convolutions(model) if not isinstance(layer, separable)), None)
    return None if first is None else (first.name, np.asarray(first.kernel, np.float32))


def activation_maps(model: keras.Model, values: npt.NDArray[np.float32]) -> tuple[ActivationMaps, ...]:
    """Return the activation maps of each convolution, from input to output.

    Args:
        model: with one image input.
        values: float32, (H, W, C), the model's input.

    Raises:
        ModelError: the model has no convolution.
    """
    convolutions = _convolutions(model)
    ends = [_end(model, layer) for layer in convolutions]
    probe = import_keras().Model(model.inputs[0], ends)
    found = probe(values[None], training=False)
    found = found if isinstance(found, (list, tuple)) else [found]
    return tuple(
        ActivationMaps(layer.name, np.asarray(values, np.float32)[0])
        for layer, values in zip(convolutions, found, strict=True)
    )


def _convolutions(model: keras.Model) -> list[Any]:
    if not getattr(model, "inputs", None):
        raise ModelError(f"{model.name} is a custom class: the graph of its layers is not visible")
    layers = import_keras().layers
    kinds = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)
    found = [layer for layer in model.layers if isinstance(layer, kinds)]
    if not found:
        raise ModelError(f"{model.name} has no convolution of its own (nested models are not looked into)")
    return found


def _end(model: keras.Model, convolution: Any) -> Any:
    """Return the output of the batch norm and activation after the convolution, else its own output."""
    layers = import_keras().layers
    is_sequence = isinstance(model, import_keras().Sequential)
    last = convolution
    for layer in model.layers[model.layers.index(convolution) + 1 :]:
        if isinstance(layer, (layers.BatchNormalization, layers.ReLU, layers.Activation)) and (
            is_sequence or layer.input is last.output  # a Sequential from a file has called its layers several times
        ):
            last = layer
        elif is_sequence:
            break
    return last.output
