"""ResNet-8, the image classifier of the MLPerf Tiny benchmark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgecnn.models.blocks import classify, images_in
from edgecnn.models.framework import import_keras

if TYPE_CHECKING:
    import keras


def build(class_count: int = 10) -> keras.Model:
    """Return the untrained model: 78,666 parameters and 12.5 M multiply-accumulates for ten classes.

    Input: float32 or uint8 pixels 0..255, (N, 32, 32, 3), RGB. Output: float32 probabilities, (N, class_count).

    Source: `resnet_v1_eembc` of the MLPerf Tiny reference implementation, image classification. Its L2 penalty is
    left to the recipe.
    """
    keras = import_keras()
    pixels, features = images_in()
    features = _convolve(features, 16)
    for channels, stride in ((16, 1), (32, 2), (64, 2)):
        features = _block(features, channels, stride)
    return keras.Model(pixels, classify(features, class_count), name="resnet8")


def _convolve(features: Any, channels: int, stride: int = 1) -> Any:
    layers = import_keras().layers
    features = layers.Conv2D(channels, 3, strides=stride, padding="same")(features)
    return layers.ReLU()(layers.BatchNormalization()(features))


def _block(features: Any, channels: int, stride: int) -> Any:
    layers = import_keras().layers
    changed = _convolve(features, channels, stride=stride)
    changed = layers.BatchNormalization()(layers.Conv2D(channels, 3, padding="same")(changed))
    if stride > 1:
        features = layers.Conv2D(channels, 1, strides=stride, padding="same")(features)
    return layers.ReLU()(layers.Add()([features, changed]))
