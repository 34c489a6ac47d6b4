"""The parts of edgecnn's own convolutional networks.

Every convolution is followed by a batch norm, which export folds into it.
"""

from __future__ import annotations

from typing import Any

from edgecnn.models.framework import import_keras


def images_in() -> tuple[Any, Any]:
    """Return the input, pixels 0..255, (N, 32, 32, 3), RGB, and a layer's output that scales it to 0..1."""
    keras = import_keras()
    pixels = keras.Input((32, 32, 3))
    return pixels, keras.layers.Rescaling(1 / 255)(pixels)


def convolve(features: Any, channels: int, size: int = 3, stride: int = 1, *, relu: bool = True) -> Any:
    """Return the output of convolution, batch norm and optional relu; `stride` divides the resolution."""
    layers = import_keras().layers
    features = layers.Conv2D(channels, size, strides=stride, padding="same", use_bias=False)(features)
    features = layers.BatchNormalization()(features)
    return layers.ReLU()(features) if relu else features


def add_convolved(features: Any) -> Any:
    """Return the features plus a 3×3 convolution of them."""
    return import_keras().layers.Add()([features, convolve(features, features.shape[-1])])


def pooled_stem(features: Any, channels: tuple[int, int]) -> Any:
    """Return the output of two 3×3 convolutions at full resolution and a 2×2 max pooling."""
    features = convolve(convolve(features, channels[0]), channels[1])
    return import_keras().layers.MaxPooling2D()(features)


def residual_block(features: Any, channels: int, stride: int = 1) -> Any:
    """Return the sum of two 3×3 convolutions and their shortcut, after a relu.

    Where shapes differ, the shortcut averages `stride` × `stride` pixels and projects to `channels` with a 1×1
    convolution: a 1×1 convolution with a stride would skip pixels.

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
