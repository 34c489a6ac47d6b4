"""Each rewrite of an ONNX graph keeps what the graph computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgecnn.export.onnx_passes import drop_unused_opsets, fold_input_scale, integer_edges, name_edges

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


def quantized_edges(first: str) -> Any:
    """Return input → Transpose → Q → DQ → Relu → Q → DQ → output, in uint8."""
    parameters = {"scale": np.array(2.0, np.float32), "zero": np.array(3, np.uint8)}
    nodes = [
        helper.make_node("Transpose", ["x"], ["t"], perm=[0, 2, 1]),
        helper.make_node(first, ["t", "scale", "zero"] if first == "QuantizeLinear" else ["t"], ["q"]),
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
    model = quantized_edges("QuantizeLinear")
    stored = np.array([[[0, 1, 5], [9, 200, 255]]], np.uint8)
    real = ((stored.astype(np.float32) - 3) * 2).astype(np.float32)
    before = outputs(model, real)

    integer_edges(model)

    onnx.checker.check_model(model, full_check=True)
    after = outputs(model, stored)
    assert after.dtype == np.uint8
    np.testing.assert_array_equal((after.astype(np.float32) - 3) * 2, before)


def test_a_graph_that_is_not_quantized_at_its_edges_is_refused() -> None:
    with pytest.raises(ValueError, match="begins with Identity"):
        integer_edges(quantized_edges("Identity"))
