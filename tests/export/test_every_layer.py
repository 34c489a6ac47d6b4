"""Keras layers and operations of image classifiers, one at a time: float32 is Keras', int8 is close to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from edgecnn.export.formats import FORMATS
from edgecnn.export.keras.freeze import freeze
from edgecnn.export.layers import Layers
from edgecnn.export.observe import observe
from edgecnn.export.ranges import choose_ranges
from edgecnn.spec import Format, Method, Precision, Quantization, Scores
from tests.conftest import grey_images
from tests.export.answering import answers

IMAGES = grey_images(24, seed=6).images
SHAPE = (12, 10, 1)
CHANNELS = 8

Part = Callable[[Any], Any]
"""From Keras to what is done to features of (12, 10, 8), which are between -3 and 3 or so."""


def layer(name: str, *arguments: Any, **settings: Any) -> Part:
    return lambda keras: getattr(keras.layers, name)(*arguments, **settings)


def activation(name: str) -> Part:
    return layer("Activation", name)


def operation(compute: Callable[[Any, Any], Any]) -> Part:
    """Return a part of `keras.ops`, which `compute` takes before the features."""
    return lambda keras: lambda features: compute(keras.ops, features)


def squeeze_and_excite(keras: Any) -> Any:
    layers = keras.layers

    def scaled(features: Any) -> Any:
        weights = layers.Dense(4, activation="relu")(layers.GlobalAveragePooling2D(keepdims=True)(features))
        return layers.Multiply()([features, layers.Dense(CHANNELS, activation="sigmoid")(weights)])

    return scaled


def attention(keras: Any) -> Any:
    def attended(features: Any) -> Any:
        tokens = keras.layers.Reshape((-1, CHANNELS))(keras.layers.MaxPooling2D(2)(features))
        return keras.layers.MultiHeadAttention(2, 4)(tokens, tokens)

    return attended


PARTS: dict[str, Part] = {
    "Conv2D, stride and dilation": lambda keras: keras.Sequential(
        [keras.layers.Conv2D(6, 3, strides=2, padding="same"), keras.layers.Conv2D(6, 3, dilation_rate=2)]
    ),
    "Conv2D, groups": layer("Conv2D", 8, 3, groups=4),
    "Conv2DTranspose": layer("Conv2DTranspose", 4, 3, strides=2, padding="same"),
    "DepthwiseConv2D": layer("DepthwiseConv2D", 3, depth_multiplier=2),
    "SeparableConv2D": layer("SeparableConv2D", 6, 3),
    "BatchNormalization": layer("BatchNormalization"),
    "LayerNormalization": layer("LayerNormalization"),
    "GroupNormalization": layer("GroupNormalization", 4),
    "UnitNormalization": layer("UnitNormalization"),
    "MultiHeadAttention": attention,
    "squeeze and excite": squeeze_and_excite,
    "PReLU": layer("PReLU", shared_axes=[1, 2], alpha_initializer="random_uniform"),
    "LeakyReLU": layer("LeakyReLU"),
    "ELU": layer("ELU"),
    "relu6": activation("relu6"),
    "gelu": activation("gelu"),
    "swish": activation("swish"),
    "hard_swish": activation("hard_swish"),
    "hard_sigmoid": activation("hard_sigmoid"),
    "selu": activation("selu"),
    "softplus": activation("softplus"),
    "mish": activation("mish"),
    "tanh": activation("tanh"),
    "softsign": activation("softsign"),
    "softmax": activation("softmax"),
    "MaxPooling2D": layer("MaxPooling2D", 3, 2, padding="same"),
    "AveragePooling2D": layer("AveragePooling2D", 3, 2, padding="same"),
    "GlobalMaxPooling2D": layer("GlobalMaxPooling2D", keepdims=True),
    "UpSampling2D": layer("UpSampling2D"),
    "UpSampling2D, bilinear": layer("UpSampling2D", interpolation="bilinear"),
    "ZeroPadding2D": layer("ZeroPadding2D", ((2, 0), (0, 1))),
    "Cropping2D": layer("Cropping2D", 2),
    "Permute": layer("Permute", (3, 1, 2)),
    "minimum": operation(lambda ops, features: ops.minimum(features, 0.5)),
    "maximum": operation(lambda ops, features: ops.maximum(features, -2 * features)),
    "subtract": operation(lambda ops, features: features - ops.max(features, axis=-1, keepdims=True)),
    "divide": operation(lambda ops, features: features / (ops.abs(features) + 1)),
    "exp": operation(lambda ops, features: ops.exp(features)),
    "square root": operation(lambda ops, features: ops.sqrt(ops.abs(features))),
    "where": operation(lambda ops, features: ops.where(features > 0, features, -0.5 * features)),
    "clip": operation(lambda ops, features: ops.clip(features, -1.0, 1.0)),
    "split": operation(lambda ops, features: ops.split(features, 4, axis=-1)[1]),
    "roll": operation(lambda ops, features: ops.roll(features, 1, axis=1)),
    "tile": operation(lambda ops, features: ops.tile(features, (1, 2, 1, 1))),
    "take": operation(lambda ops, features: ops.take(features, [0, 2, 5], axis=-1)),
    "mirrored padding": operation(
        lambda ops, features: ops.pad(features, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    ),
    "matmul": operation(lambda ops, features: ops.matmul(features, ops.transpose(features, (0, 1, 3, 2)))),
}


@pytest.mark.parametrize("name", PARTS)
def test_float32_is_keras_and_int8_is_close_in_both_formats(name: str) -> None:
    import keras

    keras.utils.set_random_seed(7)
    pixels = keras.Input(SHAPE)
    features = keras.layers.Conv2D(CHANNELS, 3, padding="same")(keras.layers.Rescaling(1 / 32, -4)(pixels))
    last = keras.layers.Dense(5)(keras.layers.Flatten()(PARTS[name](keras)(features)))
    model = keras.Model(pixels, last)
    expected = model.predict(IMAGES.astype(np.float32), verbose=0)
    frozen = freeze(lambda images: model(images, training=False), SHAPE, Scores.LOGITS)
    for file_format in (Format.TFLITE, Format.ONNX):
        tools = FORMATS[file_format]
        made = tools.convert(frozen.function)
        ranges = choose_ranges(observe(tools.tensors, made, IMAGES, Method.MIN_MAX), Method.MIN_MAX)
        int8 = tools.quantize(made, Precision.INT8, ranges, Quantization(activations="int8"), Layers("", ()))
        for converted, most in ((tools.describe(made), 1e-4), (int8, 0.06)):
            error = np.sqrt(np.mean((answers(converted, IMAGES) - expected) ** 2)) / expected.std()
            assert error < most, file_format
