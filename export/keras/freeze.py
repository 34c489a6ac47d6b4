"""Freeze a classifier into the one TensorFlow graph from which every converter starts."""

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
        scores: what it returns; logits if a final softmax was dropped.
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
    """Return a classifier that takes raw RGB or grey pixels, as a clean graph that suits both formats.

    A fixed batch of one leaves no dynamic shapes, and constants allow arithmetic to be done once. Pixel scaling, biases
    and batch norms are folded into neighbouring layers where that is exact up to rounding (see `keras.passes`). Nodes
    are named "layer/…" after their Keras layers. Keras' own export to both converters leaves variables, or fails
    (tensorflow-onnx issue 2448).

    Args:
        call: maps a float32 tensor (1, H, W, C) to (1, classes).
        shape: height, width and channels of the input.
        scores: what `call` returns.
        preprocessing: what `call` expects to be applied to the pixels: scale, offset, order of the channels.
        layers: of the Keras model behind `call`.
        keep_softmax: False drops a final softmax.

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
    """Allow calls that require XLA to be inlined like any other; return whether there are any.

    Keras turns grouped convolutions into such calls, because TensorFlow cannot train them otherwise.
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
    """Return the function from the pixels to one node of a graph."""
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
