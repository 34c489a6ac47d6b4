"""The parts of edgecnn's own convolutional networks.

Every convolution is followed by a batch norm, which export folds into it.
"""

from __future__ import annotations

from typing import Any

from edgecnn.models.framework import import_keras


def images_in() -> tuple[Any, Any]:
    """Return the input of pixels 0..255, (N, 32, 32, 3), RGB, and the same scaled to 0..1 by a layer of the model."""
    keras = import_keras()
    pixels = keras.Input((32, 32, 3))
    return pixels, keras.layers.Rescaling(1 / 255)(pixels)


def convolve(features: Any, channels: int, size: int = 3, stride: int = 1, *, relu: bool = True) -> Any:
    """Return convolution, batch norm and, if wanted, relu; the resolution is divided by `stride`."""
    layers = import_keras().layers
    features = layers.Conv2D(channels, size, strides=stride, padding="same", use_bias=False)(features)
    features = layers.BatchNormalization()(features)
    return layers.ReLU()(features) if relu else features


def add_convolved(features: Any) -> Any:
    """Return the features plus what a 3×3 convolution makes of them."""
    return import_keras().layers.Add()([features, convolve(features, features.shape[-1])])


def pooled_stem(features: Any, channels: tuple[int, int]) -> Any:
    """Return two 3×3 convolutions at full resolution, of which the largest of each 2×2 pixels is kept."""
    features = convolve(convolve(features, channels[0]), channels[1])
    return import_keras().layers.MaxPooling2D()(features)


def residual_block(features: Any, channels: int, stride: int = 1) -> Any:
    """Return two 3×3 convolutions and what goes past them, added up, after a relu.

    Where shapes differ, what goes past is averaged over `stride` × `stride` pixels and brought to `channels` by a
    1×1 convolution: a 1×1 convolution with a stride would leave pixels out.

    Source: ResNet-D in He et al., "Bag of Tricks for Image Classification with Convolutional Neural Networks", 2019.
    """
    layers = import_keras().layers
    changed = convolve(convolve(features, channels, 3, stride), channels, relu=False)
    if stride > 1:
        features = layers.AveragePooling2D(stride)(features)
    if features.shape[-1] != channels:
        features = convolve(features, channels, 1, relu=False)
    return layers.ReLU()(layers.Add()([changed, features]))


def classify(features: Any, class_count: int) -> Any:
    """Return float32 probabilities, (N, class_count), from the average over all pixels."""
    layers = import_keras().layers
    features = layers.GlobalAveragePooling2D()(features)
    return layers.Dense(class_count, activation="softmax", dtype="float32")(features)
