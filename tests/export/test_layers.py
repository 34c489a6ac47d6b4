"""From names inside converted files to Keras layers."""

from __future__ import annotations

from typing import Any

import pytest

from edgecnn.errors import ExportError
from edgecnn.export.layers import Layers, layers_of, name_layers_in_error
from edgecnn.spec import Scores

LAYERS = Layers(
    "net",
    ("conv", "conv_1", "conv_10", "relu", "block/conv", "block/inner/dense", "dense"),
    frozenset({"conv", "conv_1", "conv_10", "block/conv", "block/inner/dense", "dense"}),
    "dense",
)


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("net_1/conv_1/Relu", "conv"),
        ("net_1/conv_1_1/Relu", "conv_1"),
        ("net_1/conv_1_2/Relu", "conv_1"),
        ("net_1/conv_10_1/convolution", "conv_10"),
        ("net_1/conv_3/convolution", "conv"),
        ("net/conv/convolution", "conv"),
        ("net_1/block_1/conv_1/BiasAdd", "block/conv"),
        ("net_1/block_1/inner_1/dense_1/MatMul", "block/inner/dense"),
        ("net_1/relu_1/Relu", "relu"),
        ("Identity", None),
        ("arith.constant", None),
        ("net_1/convolution", None),
    ],
)
def test_a_scope_is_a_layers_name_with_one_number_behind_it(name: str, layer: str | None) -> None:
    assert LAYERS.find_traced(name) == layer


@pytest.mark.parametrize(
    ("names", "layer"),
    [
        (("conv_1/Relu",), "conv_1"),
        (("conv/convolution",), "conv"),
        (("block/conv/BiasAdd",), "block/conv"),
        (("dense/MatMul_Gemm__7:0",), "dense"),
        (("relu/Relu;conv_1/BiasAdd;conv_1/Squeeze",), "conv_1"),
        (("relu/Relu", "conv/x"), "conv"),
        (("arith.constant",), None),
    ],
)
def test_what_was_fused_goes_by_the_layer_with_a_kernel(names: tuple[str, ...], layer: str | None) -> None:
    assert LAYERS.find(*names) == layer


def test_an_unknown_layer_is_an_error_with_the_nearest_name() -> None:
    with pytest.raises(ExportError, match="no layer 'conf'; did you mean 'conv'"):
        LAYERS.check(("conf",))


def model() -> Any:
    """Return a model with a nested one, a layer that is used twice, and names that continue others."""
    import keras

    layers = keras.layers
    inside = keras.Input((8, 8, 2))
    block = keras.Model(inside, layers.Conv2D(2, 1, name="conv")(layers.ReLU(name="relu")(inside)), name="block")
    pixels = keras.Input((8, 8, 1))
    hidden = layers.Conv2D(2, 3, padding="same", name="conv_1")(pixels)
    shared = layers.Conv2D(2, 3, padding="same", activation="relu", name="conv")
    hidden = shared(block(shared(hidden)))
    scores = layers.Dense(3, activation="softmax", name="dense")(layers.Flatten(name="flatten")(hidden))
    return keras.Model(pixels, scores, name="net")


def test_every_operation_of_both_formats_finds_its_layer() -> None:
    from edgecnn.export.keras.freeze import freeze
    from edgecnn.export.onnx.convert import convert as to_onnx
    from edgecnn.export.onnx.graph import layer_of as layer_of_node
    from edgecnn.export.tflite.convert import convert as to_tflite
    from edgecnn.export.tflite.graph import kind_of, layer_of, read_graph

    net = model()
    layers = layers_of(net)
    assert layers.names == ("conv_1", "conv", "block/relu", "block/conv", "flatten", "dense")
    assert layers.output == "dense"
    function = freeze(net, (8, 8, 1), Scores.PROBABILITIES, layers=layers, keep_softmax=True).function
    graph = read_graph(to_tflite(function))
    found = [(kind_of(graph, each), layer_of(graph, each, layers)) for each in graph.subgraphs[0].operators]
    convolutions = ["conv_1", "conv", "block/conv", "conv"]
    assert [layer for kind, layer in found if kind == "CONV_2D"] == convolutions
    assert [layer for kind, layer in found if kind in ("FULLY_CONNECTED", "SOFTMAX")] == ["dense", "dense"]
    onnx_model = to_onnx(function)
    nodes = [(node.op_type, layer_of_node(onnx_model, node, layers)) for node in onnx_model.graph.node]
    assert [layer for kind, layer in nodes if kind == "Conv"] == convolutions
    assert [layer for kind, layer in nodes if kind in ("Gemm", "MatMul", "Softmax")] == ["dense", "dense"]


@pytest.mark.parametrize(
    "text",
    [
        "Could not translate MLIR to FlatBuffer. error: 'tf.Erfinv' op is neither a custom op nor a flex op",
        "Unsupported ops: Counter({'Erfinv': 1})",
    ],
    ids=["TFLite converter", "tf2onnx"],
)
def test_a_converters_error_names_the_layer_that_it_is_about(text: str) -> None:
    from tensorflow.core.framework.graph_pb2 import GraphDef

    graph = GraphDef()
    for name, kind in (("conv_1/Conv2D", "Conv2D"), ("relu/Erfinv", "Erfinv"), ("x", "Erfinv")):
        graph.node.add(name=name, op=kind)
    assert name_layers_in_error(graph, text, LAYERS) == ("relu", "x")
    assert name_layers_in_error(graph, "something else", LAYERS) == ()
