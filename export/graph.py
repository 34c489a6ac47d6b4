"""The one TensorFlow graph that every converter starts from."""

from __future__ import annotations

from typing import Any

from edgecnn.errors import ExportError
from edgecnn.models.classifier import Layer
from edgecnn.models.framework import import_tensorflow
from edgecnn.models.load import KerasClassifier

INPUT_NAME = "images"
OUTPUT_NAME = "scores"


def frozen_function(classifier: KerasClassifier) -> Any:
    """Return the model as a TensorFlow function for one image, with its weights as constants.

    Input: float32 pixels 0..255, (1, H, W, C), named "images". Output: float32 scores, (1, classes).
    Constants let the converters fold scaling and batch norms into the convolutions; a fixed batch of one
    leaves no dynamic shapes behind. Keras' own way for both converters leaves variables, or fails (tensorflow-onnx
    issue 2448).

    Raises:
        ExportError: a layer computes in half precision.
    """
    tf = import_tensorflow()
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    _refuse_half_precision(classifier.layers)
    signature = tf.TensorSpec((1, *classifier.shape), tf.float32, name=INPUT_NAME)

    def score(images: Any) -> Any:
        return tf.identity(classifier.call(images), name=OUTPUT_NAME)

    return convert_variables_to_constants_v2(tf.function(score, input_signature=[signature]).get_concrete_function())


def _refuse_half_precision(layers: tuple[Layer, ...]) -> None:
    for layer in layers:
        if layer.dtype in ("float16", "bfloat16"):
            raise ExportError(
                f"layer {layer.name} computes in {layer.dtype}, which TFLite and ONNX kernels do not; "
                "build the model with the policy float32 and load the weights into it"
            )
