"""Every precision of both formats, made from one small network with the kinds of layers that nets are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from edgecnn.errors import ExportError
from edgecnn.export.converted import Converted
from edgecnn.export.formats import FORMATS as TOOLS
from edgecnn.export.layers import Layers, layers_of
from edgecnn.export.observe import Observed, merge, observe
from edgecnn.export.ranges import choose_ranges
from edgecnn.spec import Format, Method, Precision, Quantization, Scores
from tests.conftest import grey_images
from tests.export.answering import answers

FORMATS = ("tflite", "onnx")
IMAGES = grey_images(60, seed=4).images


@dataclass(frozen=True)
class Net:
    """A network in both formats, with what was observed of it and what Keras answers."""

    models: dict[str, Any]
    observed: dict[str, Observed]
    layers: Layers
    logits: Any

    def quantize(self, file_format: str, precision: Precision, **settings: Any) -> Converted:
        ranges = choose_ranges(self.observed[file_format], Method.MIN_MAX)
        quantize = TOOLS[Format(file_format)].quantize
        return quantize(self.models[file_format], precision, ranges, Quantization(**settings), self.layers)

    def noise(self, converted: Converted) -> float:
        """Return the root of the mean squared error of the logits, relative to their spread."""
        found = answers(converted, IMAGES)
        return float(np.sqrt(np.mean((found - self.logits) ** 2)) / self.logits.std())


def observed_of(file_format: str, model: Any, images: Any) -> Observed:
    return observe(TOOLS[Format(file_format)].tensors, model, images, Method.MSE)


def build() -> Any:
    import keras

    layers = keras.layers
    keras.utils.set_random_seed(5)
    pixels = keras.Input((12, 10, 1))
    hidden = layers.Conv2D(8, 3, padding="same", name="first")(layers.Rescaling(1 / 255, name="scale")(pixels))
    hidden = layers.LeakyReLU(name="leaky")(layers.BatchNormalization(name="norm")(hidden))
    branch = layers.DepthwiseConv2D(3, padding="same", activation="relu6", name="depthwise")(hidden)
    hidden = layers.Add(name="add")([hidden, layers.Conv2D(8, 1, name="pointwise")(branch)])
    hidden = layers.Concatenate(name="join")([layers.MaxPooling2D(name="pool")(hidden), hidden[:, ::2, ::2]])
    hidden = layers.LayerNormalization(name="layer_norm")(hidden)
    hidden = layers.PReLU(shared_axes=[1, 2], name="prelu", alpha_initializer="random_uniform")(hidden)
    hidden = layers.Concatenate(name="both")(
        [layers.GlobalAveragePooling2D(name="mean")(hidden), layers.GlobalMaxPooling2D(name="max")(hidden)]
    )
    return keras.Model(pixels, layers.Dense(5, name="logits")(hidden), name="zoo")


@pytest.fixture(scope="module")
def net() -> Net:
    from edgecnn.export.keras.freeze import freeze
    from edgecnn.export.onnx.convert import convert as to_onnx
    from edgecnn.export.tflite.convert import convert as to_tflite

    model = build()
    layers = layers_of(model)
    function = freeze(model, (12, 10, 1), Scores.LOGITS, layers=layers).function
    models = {"tflite": to_tflite(function), "onnx": to_onnx(function)}
    observed = {name: observed_of(name, model, IMAGES) for name, model in models.items()}
    return Net(models, observed, layers, model.predict(IMAGES.astype(np.float32), verbose=0))


@pytest.mark.parametrize(
    ("file_format", "precision", "noise"),
    [
        ("tflite", Precision.FLOAT16, 2e-3),
        ("tflite", Precision.DYNAMIC, 0.1),
        ("tflite", Precision.INT8, 0.2),
        ("tflite", Precision.INT16X8, 0.05),
        ("onnx", Precision.FLOAT16, 2e-2),
        ("onnx", Precision.DYNAMIC, 0.1),
        ("onnx", Precision.INT8, 0.2),
    ],
    ids=lambda value: getattr(value, "value", str(value)),
)
def test_each_precision_computes_what_keras_computes_but_for_its_rounding(
    net: Net, file_format: str, precision: Precision, noise: float
) -> None:
    made = net.quantize(file_format, precision)
    assert 1e-7 < net.noise(made) < noise
    assert (made.input.dtype == "uint8") == (precision is Precision.INT8)


def test_onnx_has_no_int16() -> None:
    with pytest.raises(ExportError, match="ONNX has no int16x8"):
        TOOLS[Format.ONNX].quantize(None, Precision.INT16X8)


@pytest.mark.parametrize("activations", ["uint8", "int8"])
@pytest.mark.parametrize("edges", ["uint8", "int8", "float32"])
@pytest.mark.parametrize("file_format", FORMATS)
def test_edges_are_as_asked_for_and_take_a_pixel_a_step(
    net: Net, file_format: str, edges: str, activations: str
) -> None:
    made = net.quantize(file_format, Precision.INT8, io=edges, activations=activations)
    assert (made.input.dtype, made.output.dtype) == (edges, edges)
    assert (made.input.scale, made.input.zero_point) == (1.0, -128 if edges == "int8" else 0)
    assert net.noise(made) < 0.2


def test_all_edges_of_one_format_give_the_same_scores(net: Net) -> None:
    for file_format in FORMATS:
        for activations in ("uint8", "int8"):
            scores = [
                answers(net.quantize(file_format, Precision.INT8, io=edges, activations=activations), IMAGES)
                for edges in ("uint8", "int8", "float32")
            ]
            np.testing.assert_allclose(scores[1], scores[0], atol=1e-5)
            np.testing.assert_allclose(scores[2], scores[0], atol=1e-5)


def test_int8_tflite_leaves_no_operation_in_float(net: Net) -> None:
    """Among them those that the quantizer itself does not know: LEAKY_RELU, PRELU, REDUCE_MAX, and NEG."""
    made = net.quantize("tflite", Precision.INT8)
    assert made.float_operations == ()
    interpreter = Interpreter(
        model_content=made.payload, experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    kinds = {np.dtype(details["dtype"]).name for details in interpreter.get_tensor_details()}
    assert kinds <= {"int8", "uint8", "int32"}


def test_operations_without_an_integer_form_are_named(net: Net) -> None:
    assert "ReduceMean" in net.quantize("onnx", Precision.INT8).float_operations
    assert "CONV_2D" in net.quantize("tflite", Precision.FLOAT16).float_operations
    assert "CONV_2D" not in net.quantize("tflite", Precision.DYNAMIC).float_operations


def test_quantized_tflite_states_the_versions_and_the_oldest_runtime(net: Net) -> None:
    from edgecnn.export.tflite.graph import builtin_kinds, read_graph

    made = net.quantize("tflite", Precision.INT8)
    versions = {builtin_kinds()[code.builtinCode]: code.version for code in read_graph(made.payload).operatorCodes}
    assert (versions["CONV_2D"], versions["DEPTHWISE_CONV_2D"], versions["FULLY_CONNECTED"]) == (3, 3, 4)
    assert made.needs == {"tensorflow-lite": "2.5.0"}
    assert net.quantize("tflite", Precision.INT16X8).needs == {"tensorflow-lite": "2.5.0"}


def scales(converted: Converted) -> int:
    """Return how many weight scales the first convolution of a TFLite file has."""
    interpreter = Interpreter(model_content=converted.payload)
    (weights,) = [details for details in interpreter.get_tensor_details() if tuple(details["shape"]) == (8, 3, 3, 1)]
    return len(weights["quantization_parameters"]["scales"])


def test_weights_are_per_channel_unless_told_otherwise(net: Net) -> None:
    whole, each = (net.quantize("tflite", Precision.INT8, per_channel=flag) for flag in (False, True))
    assert (scales(whole), scales(each)) == (1, 8)
    assert len(net.quantize("onnx", Precision.INT8, per_channel=False).payload) < len(
        net.quantize("onnx", Precision.INT8).payload
    )


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_restored_layer_computes_in_float_and_no_other(net: Net, file_format: str) -> None:
    made = net.quantize(file_format, Precision.INT8, restored=("pointwise",))
    expected = {"CONV_2D"} if file_format == "tflite" else {"Conv"}
    before = set(net.quantize(file_format, Precision.INT8).float_operations)
    assert set(made.float_operations) - before == expected
    assert (made.input.dtype, made.output.dtype) == ("uint8", "uint8")


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_first_and_the_last_layer_can_be_restored_and_the_edges_stay(net: Net, file_format: str) -> None:
    made = net.quantize(file_format, Precision.INT8, restored=("scale", "first", "logits"))
    assert (made.input.dtype, made.input.scale, made.output.dtype) == ("uint8", 1.0, "uint8")
    assert net.noise(made) < 0.2


def test_where_all_layers_are_restored_only_what_is_no_layer_is_rounded(net: Net) -> None:
    """The slice between the layers is an operation of its own."""
    for file_format in FORMATS:
        made = net.quantize(file_format, Precision.INT8, io="float32", restored=net.layers.names)
        assert net.noise(made) < 0.3 * net.noise(net.quantize(file_format, Precision.INT8))


def test_restored_to_int16_is_less_noise_than_int8(net: Net) -> None:
    names = tuple(name for name in net.layers.names if name in net.layers.weighted)
    sixteen = net.quantize("tflite", Precision.INT8, restored=names, restored_to=Precision.INT16X8)
    assert sixteen.float_operations == ()
    assert net.noise(sixteen) < net.noise(net.quantize("tflite", Precision.INT8))
    with pytest.raises(ExportError, match="only to float32"):
        net.quantize("onnx", Precision.INT8, restored=names, restored_to=Precision.INT16X8)


def test_where_an_output_is_kept_its_reader_computes_in_float_too(net: Net) -> None:
    made = net.quantize("tflite", Precision.INT8, restored=("depthwise",), kept_outputs=("depthwise",))
    assert made.float_operations == ("CONV_2D", "DEPTHWISE_CONV_2D")


@pytest.mark.parametrize("file_format", FORMATS)
def test_an_unknown_layer_cannot_be_restored(net: Net, file_format: str) -> None:
    with pytest.raises(ExportError, match="did you mean 'pointwise'"):
        net.quantize(file_format, Precision.INT8, restored=("pointwize",))


def test_both_formats_see_the_same_values(net: Net) -> None:
    """The logits are one tensor in both; their minima and maxima on each image are those of Keras."""
    for file_format, name in (("tflite", "scores"), ("onnx", "scores")):
        observed = net.observed[file_format]
        np.testing.assert_allclose(observed.low[name], net.logits.min(axis=1), atol=1e-4)
        np.testing.assert_allclose(observed.high[name], net.logits.max(axis=1), atol=1e-4)
        histogram = observed.histograms[name]
        assert histogram.counts.sum() == net.logits.size
        mean = (histogram.centers * histogram.counts).sum() / net.logits.size
        assert mean == pytest.approx(net.logits.mean(), abs=(histogram.high - histogram.low) / 1000)


@pytest.mark.parametrize("file_format", FORMATS)
def test_two_halves_merge_to_the_whole(net: Net, file_format: str) -> None:
    whole, model = net.observed[file_format], net.models[file_format]
    halves = merge(observed_of(file_format, model, IMAGES[:20]), observed_of(file_format, model, IMAGES[20:]))
    assert choose_ranges(halves, Method.MIN_MAX) == choose_ranges(whole, Method.MIN_MAX)
    for name, histogram in whole.histograms.items():
        merged = halves.histograms[name]
        assert merged.counts.sum() == histogram.counts.sum()
        assert merged.zeros == histogram.zeros
        width = histogram.high - histogram.low
        for method in (Method.PERCENTILE, Method.MSE):
            found, expected = choose_ranges(halves, method)[name], choose_ranges(whole, method)[name]
            assert found == pytest.approx(expected, abs=max(0.02 * width, 1e-5))


def test_the_same_model_gives_the_same_onnx_names_however_often_it_is_converted() -> None:
    """Diagnosis finds the tensors of a file in a float model that it converts anew."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    from edgecnn.export.onnx.convert import convert as to_onnx

    model = build()
    signature = [tf.TensorSpec((1, 12, 10, 1), tf.float32, name="images")]
    names = []
    for _ in range(2):
        concrete = tf.function(lambda images: model(images, training=False), input_signature=signature)
        made = to_onnx(convert_variables_to_constants_v2(concrete.get_concrete_function()))
        names.append([(node.name, list(node.output)) for node in made.graph.node])
    assert names[0] == names[1]
