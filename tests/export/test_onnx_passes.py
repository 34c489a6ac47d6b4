"""Each rewrite of an ONNX graph keeps what the graph computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgecnn.export.onnx_passes import (
    drop_unused_opsets,
    float_operations,
    fold_input_scale,
    integer_edges,
    name_edges,
)

PIXELS = np.random.default_rng(0).integers(0, 256, (1, 6, 6, 3)).astype(np.float32)


def rescaled_convolution(factor: float, offset: float | None) -> Any:
    """Return input → Mul → [Add] → Transpose → Conv, as tf2onnx makes it of a Rescaling layer."""
    generator = np.random.default_rng(1)
    weights = generator.normal(size=(4, 3, 3, 3)).astype(np.float32)
    nodes = [helper.make_node("Mul", ["pixels", "factor"], ["scaled"])]
    constants = {"factor": np.array(factor, np.float32), "weights": weights}
    last = "scaled"
    if offset is not None:
        nodes.append(helper.make_node("Add", [last, "offset"], ["moved"]))
        constants["offset"] = np.array(offset, np.float32)
        last = "moved"
    nodes += [
        helper.make_node("Transpose", [last], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["planes", "weights"], ["result"], pads=[1, 1, 1, 1]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 6, 6, 3])],
        [helper.make_tensor_value_info("result", TensorProto.FLOAT, [1, 4, 6, 6])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 2)], ir_version=8
    )


def outputs(model: Any, pixels: Any) -> Any:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: pixels})[0]


@pytest.mark.parametrize("offset", [None, 0.0], ids=["without offset", "with offset 0"])
def test_a_scale_on_the_input_moves_into_the_convolution(offset: float | None) -> None:
    model = rescaled_convolution(1 / 255, offset)
    before = outputs(model, PIXELS)

    assert fold_input_scale(model)

    assert [node.op_type for node in model.graph.node] == ["Transpose", "Conv"]
    np.testing.assert_allclose(outputs(model, PIXELS), before, atol=1e-6)


def test_an_offset_on_the_input_stays_because_padding_would_see_it() -> None:
    model = rescaled_convolution(1 / 127.5, -1.0)
    assert not fold_input_scale(model)
    assert [node.op_type for node in model.graph.node] == ["Mul", "Add", "Transpose", "Conv"]


def test_the_edges_get_their_names_and_the_graph_still_runs() -> None:
    model = rescaled_convolution(1.0, None)
    before = outputs(model, PIXELS)

    name_edges(model, "images", "scores")

    assert [model.graph.input[0].name, model.graph.output[0].name] == ["images", "scores"]
    np.testing.assert_array_equal(outputs(model, PIXELS), before)


def test_operator_sets_that_no_node_uses_are_dropped() -> None:
    model = rescaled_convolution(1.0, None)
    drop_unused_opsets(model)
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 17)]


def quantized_edges(float_first: bool = False) -> Any:
    """Return input → Transpose → [Abs] → Q → DQ → Relu → Q → DQ → output, in uint8."""
    parameters = {"scale": np.array(2.0, np.float32), "zero": np.array(3, np.uint8)}
    nodes = [helper.make_node("Transpose", ["x"], ["t"], perm=[0, 2, 1])]
    if float_first:
        nodes.append(helper.make_node("Abs", ["t"], ["a"]))
    nodes += [
        helper.make_node("QuantizeLinear", ["a" if float_first else "t", "scale", "zero"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["d"]),
        helper.make_node("Relu", ["d"], ["r"]),
        helper.make_node("QuantizeLinear", ["r", "scale", "zero"], ["rq"]),
        helper.make_node("DequantizeLinear", ["rq", "scale", "zero"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3, 2])],
        [numpy_helper.from_array(array, name) for name, array in parameters.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_integers_go_in_and_come_out_of_a_quantized_graph() -> None:
    model = quantized_edges()
    stored = np.array([[[0, 1, 5], [9, 200, 255]]], np.uint8)
    real = ((stored.astype(np.float32) - 3) * 2).astype(np.float32)
    before = outputs(model, real)

    integer_edges(model)

    onnx.checker.check_model(model, full_check=True)
    after = outputs(model, stored)
    assert after.dtype == np.uint8
    np.testing.assert_array_equal((after.astype(np.float32) - 3) * 2, before)


def test_pixels_go_in_also_where_the_first_operation_is_not_quantized() -> None:
    model = quantized_edges(float_first=True)
    stored = np.array([[[0, 1, 5], [9, 200, 255]]], np.uint8)
    before = outputs(model, stored.astype(np.float32))

    taken, given = integer_edges(model)

    assert (taken, given) == ((1.0, 0), (2.0, 3))
    onnx.checker.check_model(model, full_check=True)
    np.testing.assert_array_equal((outputs(model, stored).astype(np.float32) - 3) * 2, before)
    assert float_operations(model) == ("Abs",)


def test_a_graph_whose_output_is_not_quantized_is_refused() -> None:
    model = quantized_edges()
    model.graph.node[-1].op_type = "Identity"
    del model.graph.node[-1].input[1:]
    with pytest.raises(ValueError, match="ends with Identity"):
        integer_edges(model)


def test_operations_outside_of_quantization_pairs_are_named() -> None:
    assert float_operations(quantized_edges()) == ()
    assert float_operations(rescaled_convolution(1.0, 0.0)) == ("Add", "Conv", "Mul")


def test_weights_that_two_convolutions_share_are_not_scaled_for_both() -> None:
    model = rescaled_convolution(1 / 255, None)
    graph = model.graph
    graph.node[-1].output[0] = "inner"
    graph.node.append(helper.make_node("Concat", ["inner"], ["three"], axis=1))
    graph.node.append(helper.make_node("Slice", ["three", "from", "to", "axis"], ["part"]))
    graph.node.append(helper.make_node("Conv", ["part", "weights"], ["result"], pads=[1, 1, 1, 1]))
    for name, value in (("from", 0), ("to", 3), ("axis", 1)):
        graph.initializer.append(numpy_helper.from_array(np.array([value], np.int64), name))
    before = outputs(model, PIXELS)

    assert fold_input_scale(model)

    np.testing.assert_allclose(outputs(model, PIXELS), before, atol=1e-5)
