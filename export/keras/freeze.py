"""The one TensorFlow graph that every converter starts from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edgecnn.contract import Preprocessing
from edgecnn.errors import ExportError
from edgecnn.export.keras.graph import TensorFlowGraph, attribute
from edgecnn.export.keras.passes.softmax import drop_last_softmax
from edgecnn.export.keras.passes.table import after_freezing
from edgecnn.export.passes import run_passes
from edgecnn.models.framework import import_tensorflow
from edgecnn.models.layers import Layers
from edgecnn.models.load import KerasClassifier
from edgecnn.spec import Scores

INPUT_NAME = "images"
OUTPUT_NAME = "scores"


@dataclass(frozen=True, slots=True)
class FrozenModel:
    """A classifier as a TensorFlow function for one image, with its weights as constants.

    Attributes:
        function: takes float32 pixels 0..255, (1, H, W, C), named "images"; returns float32 (1, classes), "scores".
        scores: what it returns: logits where a softmax at the end was dropped.
    """

    function: Any
    scores: Scores


def freeze_classifier(classifier: KerasClassifier, *, keep_softmax: bool = False) -> FrozenModel:
    """Return a Keras classifier that takes raw RGB or grey pixels; see `freeze`."""
    return freeze(
        classifier.call,
        classifier.shape,
        classifier.scores,
        preprocessing=classifier.preprocessing,
        layers=classifier.layers,
        keep_softmax=keep_softmax,
    )


def freeze(
    call: Callable[[Any], Any],
    shape: tuple[int, int, int],
    scores: Scores,
    *,
    preprocessing: Preprocessing = Preprocessing(),
    layers: Layers = Layers("", ()),
    keep_softmax: bool = False,
) -> FrozenModel:
    """Return a classifier that takes raw RGB or grey pixels, as a clean graph from which both formats profit.

    A fixed batch of one leaves no dynamic shapes, constants let arithmetic be done once. Scaling of pixels, biases
    and batch norms are folded into the layers beside them where that is exact up to rounding (see `keras.passes`).
    Nodes are called "layer/…" after their Keras layers. Keras' own way for both converters leaves variables, or fails
    (tensorflow-onnx issue 2448).

    Args:
        call: maps a float32 tensor (1, H, W, C) to (1, classes).
        shape: height, width and channels of the input.
        scores: what `call` returns.
        preprocessing: what `call` expects to be done to the pixels before: scale, offset, order of the channels.
        layers: of the Keras model that `call` is.
        keep_softmax: False drops a softmax at the very end.

    Raises:
        ExportError: a layer computes in half precision.
    """
    graph = _traced(call, shape, preprocessing, layers)
    _refuse_half_precision(graph)
    changed = run_passes(after_freezing(keep_softmax=keep_softmax), graph)
    return FrozenModel(function_of(graph.definition()), Scores.LOGITS if drop_last_softmax in changed else scores)


def _traced(
    call: Callable[[Any], Any], shape: tuple[int, int, int], preprocessing: Preprocessing, layers: Layers
) -> TensorFlowGraph:
    tf = import_tensorflow()
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    def score(images: Any) -> Any:
        with tf.name_scope("preprocessing"):
            real = tf.reverse(images, [3]) if preprocessing.colour == "BGR" else images
            real = real * tf.constant(preprocessing.scale) + tf.constant(preprocessing.offset)
        return tf.identity(call(real), name=OUTPUT_NAME)

    signature = tf.TensorSpec((1, *shape), tf.float32, name=INPUT_NAME)
    concrete = tf.function(score, input_signature=[signature]).get_concrete_function()
    frozen = convert_variables_to_constants_v2(concrete, lower_control_flow=False)
    definition = frozen.graph.as_graph_def()
    if _allow_inlining(definition):
        frozen = convert_variables_to_constants_v2(function_of(definition), lower_control_flow=False)
        definition = frozen.graph.as_graph_def()
    return TensorFlowGraph(definition, INPUT_NAME, OUTPUT_NAME, layers)


def _allow_inlining(definition: Any) -> bool:
    """Let calls that ask for XLA be inlined like any other; return whether there are some.

    Keras makes such calls of grouped convolutions, because TensorFlow cannot train them otherwise.
    """
    calls = [node for node in definition.node if "_XlaMustCompile" in node.attr]
    called = {node.attr["f"].func.name for node in calls}
    functions = [function for function in definition.library.function if function.signature.name in called]
    for holder in (*calls, *functions):
        for forbidding in ("_XlaMustCompile", "_noinline"):
            holder.attr.pop(forbidding, None)
    for name in (*(node.attr["f"].func for node in calls), *(function.signature for function in functions)):
        name.name += "_inlined"  # TensorFlow keeps the functions of old graphs by name
    return bool(calls)


def function_of(definition: Any, output: str = OUTPUT_NAME) -> Any:
    """Return a graph as a function from the pixels to one of its nodes."""
    tf = import_tensorflow()
    wrapped = tf.compat.v1.wrap_function(lambda: tf.graph_util.import_graph_def(definition, name=""), [])
    return wrapped.prune(f"{INPUT_NAME}:0", f"{output}:0")


def _refuse_half_precision(graph: TensorFlowGraph) -> None:
    tf = import_tensorflow()
    halves = {kind.as_datatype_enum: kind.name for kind in (tf.float16, tf.bfloat16)}
    for node in graph.in_order():
        kind = halves.get(attribute(node, "T").type)
        if kind is not None:
            layer = graph.layers.find_traced(node.name) or node.name.rpartition("/")[0]
            raise ExportError(
                f"layer {layer} computes in {kind}, which TFLite and ONNX kernels do not; "
                "build the model with the policy float32 and load the weights into it"
            )
