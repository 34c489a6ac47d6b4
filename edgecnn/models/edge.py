"""edgecnn's own classifiers, four sizes of one family.

Input: float32 or uint8 pixels 0..255, (N, 32, 32, 3), RGB. Output: float32 probabilities, (N, class_count).
Parameter and multiply-accumulate counts are for ten classes.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from edgecnn.models.blocks import add_convolved, classify, convolve, images_in, pooled_stem, residual_block
from edgecnn.models.framework import import_keras

if TYPE_CHECKING:
    import keras


def _chain(name: str, class_count: int = 10, *, channels: tuple[int, ...], residuals: tuple[int, ...]) -> keras.Model:
    """Return an untrained model of stages at 16×16, 8×8 and 4×4 pixels.

    A stage starts with a convolution of stride 2, the first one of 4×4, the others of 3×3, followed by `residuals`
    convolutions with shortcuts. Nothing runs at 32×32, where int8 kernels have few channels to work on. No stride has
    a shortcut, since its pooling, 1×1 convolution and addition would take as long as a convolution that adds more.

    Args:
        name, class_count: of the model.
        channels: of each stage.
        residuals: convolutions with shortcuts in each stage.
    """
    keras = import_keras()
    pixels, features = images_in()
    for stage, (width, count) in enumerate(zip(channels, residuals, strict=True)):
        features = convolve(features, width, 3 if stage else 4, stride=2)
        for _ in range(count):
            features = add_convolved(features)
    return keras.Model(pixels, classify(features, class_count), name=name)


def _residual_stages(name: str, class_count: int = 10, *, channels: tuple[int, ...]) -> keras.Model:
    """Return an untrained model of a 4×4 convolution of stride 2 and a residual block at 16×16, 8×8, 4×4 and so on.

    More accurate than a `_chain` with equal multiply-accumulates, and slower.

    Args:
        name, class_count: of the model.
        channels: of each block; the first convolution has as many as the first block.
    """
    keras = import_keras()
    pixels, features = images_in()
    features = convolve(features, channels[0], 4, stride=2)
    for stage, width in enumerate(channels):
        features = residual_block(features, width, 2 if stage else 1)
    return keras.Model(pixels, classify(features, class_count), name=name)


def _pooled_stages(
    name: str, class_count: int = 10, *, stem: tuple[int, int], stages: tuple[tuple[int, ...], ...]
) -> keras.Model:
    """Return an untrained model of two convolutions at 32×32 and stages of residual blocks at 16×16, 8×8 and so on.

    A 2×2 max pooling separates stages, so that no convolution has a stride and no shortcut needs averaging. More
    accurate than `_residual_stages` with equal multiply-accumulates (docs/results.md).

    Args:
        name, class_count: of the model.
        stem: channels of the two convolutions.
        stages: channels of each block of each stage.
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


edge_xs = partial(_chain, "edge_xs", channels=(16, 48, 96), residuals=(1, 2, 1))
"""178,314 parameters and 5.9 M multiply-accumulates, half of ResNet-8's."""

edge_s = partial(_residual_stages, "edge_s", channels=(32, 64, 128))
"""310,666 parameters and 12.5 M: as many as ResNet-8's, spent on wider layers at a lower resolution."""

edge_m = partial(_pooled_stages, "edge_m", stem=(16, 32), stages=((32,), (80, 80), (160,)))
"""585,850 parameters and 28.3 M."""

edge_l = partial(_pooled_stages, "edge_l", stem=(24, 48), stages=((48,), (96, 96), (160,)))
"""737,522 parameters and 46.9 M, for accuracy."""
