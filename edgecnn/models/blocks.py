"""The parts of edgecnn's own convolutional networks.

Every convolution is followed by a batch norm, which export folds into it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgecnn.models.framework import import_keras

if TYPE_CHECKING:
    import keras


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


def chain(name: str, channels: tuple[int, ...], residuals: tuple[int, ...], class_count: int) -> keras.Model:
    """Return an untrained model of stages at 16×16, 8×8 and 4×4 pixels.

    A stage starts with a convolution of stride 2, the first one of 4×4, the others of 3×3; then come as many
    convolutions with a way past them as `residuals` says. There is nothing at 32×32, where int8 kernels have few
    channels to work on, and no way past a stride, since the pooling, the 1×1 convolution and the addition of such a
    way take as long as a convolution that adds more.

    Args:
        name: of the model.
        channels: of each stage.
        residuals: convolutions with a way past them in each stage.
        class_count: number of classes.
    """
    keras = import_keras()
    pixels, features = images_in()
    for stage, (width, count) in enumerate(zip(channels, residuals, strict=True)):
        features = convolve(features, width, 3 if stage else 4, stride=2)
        for _ in range(count):
            features = add_convolved(features)
    return keras.Model(pixels, classify(features, class_count), name=name)


def residual_stages(name: str, channels: tuple[int, ...], class_count: int) -> keras.Model:
    """Return an untrained model of a 4×4 convolution of stride 2 and a residual block at 16×16, 8×8, 4×4 and so on.

    More accurate than a `chain` of as many multiply-accumulates, and slower.

    Args:
        name: of the model.
        channels: of each block; the first convolution has those of the first.
        class_count: number of classes.
    """
    keras = import_keras()
    pixels, features = images_in()
    features = convolve(features, channels[0], 4, stride=2)
    for stage, width in enumerate(channels):
        features = residual_block(features, width, 2 if stage else 1)
    return keras.Model(pixels, classify(features, class_count), name=name)


def pooled_stages(
    name: str, stem: tuple[int, int], stages: tuple[tuple[int, ...], ...], class_count: int
) -> keras.Model:
    """Return an untrained model of two convolutions at 32×32 and stages of residual blocks at 16×16, 8×8 and so on.

    Between two stages the largest of each 2×2 pixels is kept, so that no convolution has a stride and nothing has to be
    averaged beside one. More accurate than `residual_stages` of as many multiply-accumulates (docs/results.md).

    Args:
        name: of the model.
        stem: channels of the two convolutions.
        stages: channels of each block of each stage.
        class_count: number of classes.
    """
    keras = import_keras()
    pixels, features = images_in()
    features = pooled_stem(features, stem)
    for number, stage in enumerate(stages):
        if number:
            features = keras.layers.MaxPooling2D()(features)
        for width in stage:
            features = residual_block(features, width)
    return keras.Model(pixels, classify(features, class_count), name=name)
