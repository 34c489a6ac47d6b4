"""What the convolutions of a model look for, and what they find in an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from edgecnn.data.dataset import Pixels
from edgecnn.errors import ModelError
from edgecnn.models.framework import import_keras

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """The activation maps of one convolution, after batch norm and relu where these follow it.

    Attributes:
        layer: name of the convolution.
        values: float32, (height, width, channels).
    """

    layer: str
    values: npt.NDArray[np.float32]


def first_filters(model: keras.Model) -> npt.NDArray[np.float32]:
    """Return the kernel of the first convolution: float32, (height, width, input channels, filters).

    Raises:
        ModelError: the model has no convolution.
    """
    kernel: npt.NDArray[np.float32] = np.asarray(_convolutions(model)[0].kernel, np.float32)
    return kernel


def activation_maps(model: keras.Model, image: Pixels) -> tuple[Maps, ...]:
    """Return the activation maps of each convolution, from input to output.

    Args:
        model: of one image input.
        image: uint8, (H, W, C), of the model's size.

    Raises:
        ModelError: the model has no convolution.
    """
    convolutions = _convolutions(model)
    ends = [_end(model, layer) for layer in convolutions]
    probe = import_keras().Model(model.inputs, ends)
    found = probe(image[None].astype(np.float32), training=False)
    found = found if isinstance(found, (list, tuple)) else [found]
    return tuple(
        Maps(layer.name, np.asarray(values, np.float32)[0]) for layer, values in zip(convolutions, found, strict=True)
    )


def _convolutions(model: keras.Model) -> list[Any]:
    convolution = import_keras().layers.Conv2D
    found = [layer for layer in model.layers if isinstance(layer, convolution)]
    if not found:
        raise ModelError(f"{model.name} has no convolution of its own (nested models are not looked into)")
    return found


def _end(model: keras.Model, convolution: Any) -> Any:
    """Return the output of the batch norm and activation that take the convolution's output, else its own."""
    layers = import_keras().layers
    tensor = convolution.output
    for layer in model.layers:
        follows = isinstance(layer, (layers.BatchNormalization, layers.ReLU, layers.Activation))
        if follows and layer.input is tensor:
            tensor = layer.output
    return tensor
