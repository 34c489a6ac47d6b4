"""What is left of a model's graph in both formats, operation by operation, and that it computes what Keras computes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
import pytest
from ai_edge_litert.interpreter import Interpreter

from edgecnn.contract import Preprocessing
from edgecnn.export.keras.freeze import freeze
from edgecnn.export.onnx.convert import convert as to_onnx
from edgecnn.export.tflite.convert import convert as to_tflite
from edgecnn.models.layers import layers_of
from edgecnn.models.tutorial_cnn import build
from edgecnn.spec import Scores


@dataclass(frozen=True)
class Case:
    """A model, what is done to pixels before it, and the operations that are left."""

    model: Callable[[], Any]
    tflite: str
    onnx: str
    preprocessing: Preprocessing = Preprocessing()
    scores: Scores = Scores.LOGITS


def residual() -> Any:
    """Preprocessing with an offset inside the model, batch norms after convolutions, a shortcut, SAME padding."""
    import keras
    from keras import layers

    pixels = keras.Input((16, 16, 3))
    first = layers.Rescaling(1 / 127.5, -1)(pixels)
    first = layers.ReLU()(norm(layers.Conv2D(4, 3, padding="same", use_bias=False)(first)))
    branch = layers.ReLU()(norm(layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(first)))
    branch = norm(layers.Conv2D(8, 3, padding="same", use_bias=False)(branch))
    joined = layers.ReLU()(layers.Add()([branch, layers.Conv2D(8, 1, strides=2)(first)]))
    return keras.Model(pixels, layers.Dense(4, "softmax")(layers.GlobalAveragePooling2D()(joined)))


def separable() -> Any:
    """MobileNet's parts: zeros at the end before a stride of 2, depthwise convolutions, ReLU6."""
    import keras
    from keras import layers

    pixels = keras.Input((16, 16, 3))
    hidden = layers.Normalization(mean=[120.0, 110.0, 100.0], variance=[3600.0, 3500.0, 3400.0])(pixels)
    hidden = layers.ReLU(6.0)(norm(layers.Conv2D(6, 3, use_bias=False)(hidden)))
    hidden = layers.ZeroPadding2D(((0, 1), (0, 1)))(hidden)
    hidden = layers.ReLU(6.0)(norm(layers.DepthwiseConv2D(3, strides=2, use_bias=False)(hidden)))
    hidden = layers.ReLU(6.0)(norm(layers.Conv2D(8, 1, use_bias=False)(hidden)))
    hidden = layers.SeparableConv2D(8, 3, padding="same")(hidden)
    hidden = layers.Conv2D(4, 1)(layers.GlobalAveragePooling2D(keepdims=True)(hidden))
    return keras.Model(pixels, layers.Flatten()(hidden))


def norm(tensor: Any) -> Any:
    from keras import layers

    return layers.BatchNormalization()(tensor)


def sequence(shape: tuple[int, int, int], *layers: Any) -> Any:
    import keras

    return keras.Sequential([keras.Input(shape), *layers])


def grey() -> Any:
    from keras import layers

    return sequence(
        (28, 28, 1),
        layers.Conv2D(4, 3, activation="relu", padding="same"),
        layers.BatchNormalization(),
        layers.MaxPooling2D(2),
        layers.Conv2D(4, 3, activation="relu"),
        layers.AveragePooling2D(2),
        layers.BatchNormalization(),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(8),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Dense(10),
    )


def plain(padding: str = "valid") -> Any:
    from keras import layers

    convolution = layers.Conv2D(4, 3, padding=padding, activation="relu")
    return sequence((12, 10, 3), convolution, layers.GlobalMaxPooling2D(), layers.Dense(4))


def strided_padding() -> Any:
    """ResNet50's beginning: three zeros around the image before a stride of 2, which SAME does not do."""
    from keras import layers

    return sequence(
        (12, 10, 3),
        layers.ZeroPadding2D(3),
        layers.Conv2D(4, 7, strides=2, use_bias=False),
        layers.BatchNormalization(),
        layers.GlobalAveragePooling2D(),
        layers.Dense(4),
    )


MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
IMAGENET = Preprocessing(scale=tuple(1 / 255 / DEVIATION), offset=tuple(-MEAN / DEVIATION))
CAFFE = Preprocessing(colour="BGR", offset=(-103.939, -116.779, -123.68))
SIGNED = Preprocessing(scale=(1 / 127.5,), offset=(-1.0,))

POOLED = "CONV_2D REDUCE_MAX FULLY_CONNECTED"
POOLED_ONNX = "Transpose Conv Relu GlobalMaxPool Squeeze Gemm"
CASES = {
    "tutorial": Case(
        build,
        "CONV_2D MAX_POOL_2D CONV_2D MAX_POOL_2D CONV_2D RESHAPE FULLY_CONNECTED FULLY_CONNECTED",
        "Transpose Conv Relu MaxPool Conv Relu MaxPool Conv Relu Reshape Gemm Relu Gemm",
        scores=Scores.PROBABILITIES,
    ),
    "residual": Case(
        residual,
        "ADD CONV_2D CONV_2D CONV_2D CONV_2D ADD MEAN FULLY_CONNECTED",
        "Add Transpose Conv Relu Conv Conv Relu Conv Add Relu GlobalAveragePool Squeeze Gemm",
        scores=Scores.PROBABILITIES,
    ),
    "separable": Case(
        separable,
        "CONV_2D DEPTHWISE_CONV_2D CONV_2D DEPTHWISE_CONV_2D CONV_2D MEAN CONV_2D RESHAPE",
        "Transpose Conv Clip Conv Clip Conv Clip Conv Conv GlobalAveragePool Conv Reshape",
    ),
    "grey": Case(
        grey,
        "CONV_2D MAX_POOL_2D CONV_2D AVERAGE_POOL_2D RESHAPE FULLY_CONNECTED FULLY_CONNECTED",
        "Reshape Conv Relu MaxPool Conv Relu AveragePool Reshape Gemm Relu Gemm",
    ),
    "0..1": Case(plain, POOLED, POOLED_ONNX, Preprocessing(scale=(1 / 255,))),
    "0..1, SAME": Case(lambda: plain("same"), POOLED, POOLED_ONNX, Preprocessing(scale=(1 / 255,))),
    "-1..1": Case(plain, POOLED, POOLED_ONNX, SIGNED),
    "-1..1, SAME": Case(lambda: plain("same"), f"ADD {POOLED}", f"Add {POOLED_ONNX}", SIGNED),
    "mean, std": Case(plain, POOLED, POOLED_ONNX, IMAGENET),
    "mean, std, SAME": Case(lambda: plain("same"), f"ADD {POOLED}", f"Add {POOLED_ONNX}", IMAGENET),
    "BGR": Case(plain, POOLED, POOLED_ONNX, Preprocessing(colour="BGR")),
    "BGR, means, SAME": Case(lambda: plain("same"), f"ADD {POOLED}", f"Add {POOLED_ONNX}", CAFFE),
    "BGR, 0..1, padding": Case(
        strided_padding,
        "PAD CONV_2D MEAN FULLY_CONNECTED",
        "Transpose Conv GlobalAveragePool Squeeze Gemm",
        Preprocessing(colour="BGR", scale=(1 / 255,)),
    ),
}


def build_with_random_weights(case: Case) -> Any:
    """Return the model with biases and batch norms as after a training: zeros and ones would fold away by luck."""
    import keras

    keras.utils.set_random_seed(4)
    generator = np.random.default_rng(4)
    model = case.model()
    for weight in model.weights:
        if len(weight.shape) == 1 and "normalization" not in weight.path.split("/")[0]:
            weight.assign(generator.uniform(0.2, 1.2, weight.shape))
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([generator.uniform(0.2, 1.2, weight.shape) for weight in layer.get_weights()])
    return model


def keras_scores(model: Any, preprocessing: Preprocessing, images: Any) -> Any:
    ordered = images[..., ::-1] if preprocessing.colour == "BGR" else images
    real = ordered * np.array(preprocessing.scale, np.float32) + np.array(preprocessing.offset, np.float32)
    return model(real.astype(np.float32), training=False).numpy()


def softmax(logits: Any) -> Any:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def tflite_scores(payload: bytes, images: Any) -> tuple[Any, str]:
    interpreter = Interpreter(model_content=payload)
    operations = " ".join(details["op_name"] for details in interpreter._get_ops_details())
    interpreter.allocate_tensors()
    found = []
    for image in images:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image[None])
        interpreter.invoke()
        found.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0])
    return np.array(found), operations


def onnx_scores(model: Any, images: Any) -> Any:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.array([session.run(None, {"images": image[None]})[0][0] for image in images])


@pytest.mark.parametrize("name", CASES)
def test_both_formats_have_these_operations_and_compute_what_keras_computes(name: str) -> None:
    case = CASES[name]
    model = build_with_random_weights(case)
    shape = model.input_shape[1:]
    images = np.random.default_rng(0).integers(0, 256, (4, *shape)).astype(np.float32)
    expected = keras_scores(model, case.preprocessing, images)

    frozen = freeze(model, shape, case.scores, preprocessing=case.preprocessing)

    onnx_model = to_onnx(frozen.function)
    found, operations = tflite_scores(to_tflite(frozen.function), images)
    assert frozen.scores is Scores.LOGITS
    assert operations.replace(" DELEGATE", "") == case.tflite
    assert " ".join(node.op_type for node in onnx_model.graph.node) == case.onnx
    for scores in (found, onnx_scores(onnx_model, images)):
        comparable = softmax(scores) if case.scores is Scores.PROBABILITIES else scores
        np.testing.assert_allclose(comparable, expected, atol=1e-4 * max(1, np.abs(expected).max()))


def test_a_softmax_stays_if_it_is_asked_for() -> None:
    model = build_with_random_weights(CASES["tutorial"])
    frozen = freeze(model, (32, 32, 3), Scores.PROBABILITIES, keep_softmax=True)
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype(np.float32)
    onnx_model = to_onnx(frozen.function)
    assert frozen.scores is Scores.PROBABILITIES
    assert onnx_model.graph.node[-1].op_type == "Softmax"
    np.testing.assert_allclose(onnx_scores(onnx_model, images), model(images).numpy(), atol=1e-5)


def test_nodes_are_named_after_their_layers_and_every_layer_with_weights_is_there() -> None:
    import keras

    inner = sequence((14, 14, 4), keras.layers.Conv2D(4, 3, name="conv"), keras.layers.BatchNormalization(name="norm"))
    inner.name = "inner"
    shared = keras.layers.Conv2D(4, 3, padding="same", name="conv_1")
    model = sequence((16, 16, 3), keras.layers.Conv2D(4, 3, name="conv"), inner, shared, shared, keras.layers.Flatten())
    model.add(keras.layers.Dense(3, name="dense"))
    onnx_model = to_onnx(freeze(model, (16, 16, 3), Scores.LOGITS, layers=layers_of(model)).function)
    layers = [node.name.rpartition("/")[0] for node in onnx_model.graph.node if node.op_type in ("Conv", "MatMul")]
    assert layers == ["conv", "inner/conv", "conv_1", "conv_1", "dense"]


def test_any_function_of_one_image_is_frozen() -> None:
    """As a SavedModel's: with a batch norm in one operation, and a shape that is asked for."""
    import tensorflow as tf

    generator = np.random.default_rng(7)
    weights = generator.normal(size=(3, 3, 3, 4)).astype(np.float32)
    vectors = [generator.uniform(0.5, 1.5, 4).astype(np.float32) for _ in range(4)]
    dense = generator.normal(size=(4 * 4 * 4, 5)).astype(np.float32) / 8

    def score(images: Any) -> Any:
        hidden = tf.nn.conv2d(images / 255.0, weights, 1, "VALID")
        hidden = tf.compat.v1.nn.fused_batch_norm(hidden, *vectors, is_training=False)[0]
        hidden = tf.reshape(hidden, (tf.shape(hidden)[0], -1))
        return tf.nn.softmax(tf.matmul(hidden, dense))

    frozen = freeze(score, (6, 6, 3), Scores.PROBABILITIES)

    images = generator.integers(0, 256, (1, 6, 6, 3)).astype(np.float32)
    onnx_model = to_onnx(frozen.function)
    assert [node.op_type for node in onnx_model.graph.node] == ["Transpose", "Conv", "Reshape", "MatMul"]
    np.testing.assert_allclose(softmax(onnx_scores(onnx_model, images)), score(images).numpy(), atol=1e-5)


def test_a_grouped_convolution_and_the_exact_gelu_are_expressed() -> None:
    """Keras compiles the one with XLA; ONNX has no operation for the other's Erfc."""
    from keras import layers

    case = Case(
        lambda: sequence((8, 8, 3), layers.Conv2D(6, 3), layers.Conv2D(6, 3, groups=2, activation="gelu"),
                         layers.GlobalAveragePooling2D(), layers.Dense(3)),
        "CONV_2D CONV_2D GELU MEAN FULLY_CONNECTED", "",
    )  # fmt: skip
    model = build_with_random_weights(case)
    images = np.random.default_rng(0).uniform(0, 1, (2, 8, 8, 3)).astype(np.float32)
    frozen = freeze(model, (8, 8, 3), Scores.LOGITS)
    found, operations = tflite_scores(to_tflite(frozen.function), images)
    assert operations.replace(" DELEGATE", "") == case.tflite
    for scores in (found, onnx_scores(to_onnx(frozen.function), images)):
        np.testing.assert_allclose(scores, model(images).numpy(), atol=1e-4)


def test_a_batch_norm_that_cannot_be_folded_keeps_its_meaning() -> None:
    """Before SAME padding an offset is not seen at the edges; before a maximum a negative scale changes the order."""
    from keras import layers

    negative = layers.BatchNormalization()
    model = sequence(
        (8, 8, 3),
        layers.Conv2D(4, 3, activation="relu"),
        layers.BatchNormalization(),
        layers.Conv2D(4, 3, padding="same", activation="relu"),
        negative,
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(3),
    )
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights([np.linspace(0.5, 2, 4) * (-1 if layer is negative and k == 0 else 1) for k in range(4)])
    images = np.random.default_rng(0).uniform(0, 1, (2, 8, 8, 3)).astype(np.float32)
    onnx_model = to_onnx(freeze(model, (8, 8, 3), Scores.LOGITS).function)
    kinds = [node.op_type for node in onnx_model.graph.node]
    assert (kinds.count("Mul"), kinds.count("Add")) == (2, 1)  # the second offset is folded into the dense layer
    np.testing.assert_allclose(onnx_scores(onnx_model, images), model(images).numpy(), atol=1e-4)
