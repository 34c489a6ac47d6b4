"""ResNet-8, the image classifier of the MLPerf Tiny benchmark, and a wider version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgecnn.models.blocks import classify, images_in
from edgecnn.models.framework import import_keras

if TYPE_CHECKING:
    import keras


def build(class_count: int = 10) -> keras.Model:
    """Return the untrained model: 78,666 parameters and 12.5 M multiply-accumulates for ten classes.

    Input: float32 or uint8 pixels 0..255, (N, 32, 32, 3), RGB. Output: float32 probabilities, (N, class_count).

    Source: `resnet_v1_eembc` of the MLPerf Tiny reference implementation, image classification (IC01). The
    recipe supplies its L2 penalty.
    """
    return _build("resnet8", 16, class_count)


def build_wide(class_count: int = 10) -> keras.Model:
    """Return the untrained model with 40, 80 and 160 channels: 482,730 parameters, 76.5 M multiply-accumulates.

    Input and output are those of `build`. The widths are inferred, not published: with them, ResNet-8
    has the multiply-accumulates (76.5 M) and the int8 file size (about 512 kB) of MLPerf Tiny's larger network (IC02).
    It exists to compare latencies with that network's; no weights are known to fit it.
    """
    return _build("resnet8_wide", 40, class_count)


def _build(name: str, width: int, class_count: int) -> keras.Model:
    keras = import_keras()
    pixels, features = images_in()
    features = _convolve(features, width)
    for channels, stride in ((width, 1), (2 * width, 2), (4 * width, 2)):
        features = _block(features, channels, stride)
    return keras.Model(pixels, classify(features, class_count), name=name)


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
