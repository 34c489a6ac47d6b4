"""Each rewrite of an ONNX graph keeps what the graph computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgecnn.export.onnx.graph import float_operations, rename_tensors
from edgecnn.export.onnx.model_io import IntegerIO, integer_io
from edgecnn.export.onnx.passes.integer_io import make_io_integer
from edgecnn.export.onnx.passes.io_names import name_io
from edgecnn.export.onnx.passes.opsets import drop_unused_opsets
from edgecnn.export.onnx.passes.table import AFTER_CONVERTING, after_quantizing
from edgecnn.export.passes import run_passes

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


def test_input_and_output_get_their_names_and_the_graph_still_runs() -> None:
    model = rescaled_convolution(1.0, None)
    before = outputs(model, PIXELS)

    assert name_io(model)

    assert [model.graph.input[0].name, model.graph.output[0].name] == ["images", "scores"]
    np.testing.assert_array_equal(outputs(model, PIXELS), before)


def test_operator_sets_that_no_node_uses_are_dropped() -> None:
    model = rescaled_convolution(1.0, None)
    assert drop_unused_opsets(model)
    assert not drop_unused_opsets(model)
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 17)]


def quantized(float_first: bool = False) -> Any:
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


def made_integer(model: Any, score_range: tuple[float, float] = (0.0, 1.0)) -> IntegerIO:
    """Give a graph uint8 input and output, and return what they mean."""
    io = integer_io(model, "uint8", score_range)
    assert make_io_integer(model, io)
    return io


def test_integers_go_in_and_come_out_of_a_quantized_graph() -> None:
    model = quantized()
    stored = np.array([[[0, 1, 5], [9, 200, 255]]], np.uint8)
    real = ((stored.astype(np.float32) - 3) * 2).astype(np.float32)
    before = outputs(model, real)

    made_integer(model)

    onnx.checker.check_model(model, full_check=True)
    after = outputs(model, stored)
    assert after.dtype == np.uint8
    np.testing.assert_array_equal((after.astype(np.float32) - 3) * 2, before)


def test_pixels_go_in_also_where_the_first_operation_is_not_quantized() -> None:
    model = quantized(float_first=True)
    stored = np.array([[[0, 1, 5], [9, 200, 255]]], np.uint8)
    before = outputs(model, stored.astype(np.float32))

    io = made_integer(model)

    assert (io.input, io.output) == ((1.0, 0), (2.0, 3))
    onnx.checker.check_model(model, full_check=True)
    np.testing.assert_array_equal((outputs(model, stored).astype(np.float32) - 3) * 2, before)
    assert float_operations(model) == ("Abs",)


def test_an_output_that_is_not_quantized_is_given_in_steps_over_its_range() -> None:
    model = quantized()
    model.graph.node[-2].op_type, model.graph.node[-1].op_type = "Abs", "Identity"
    for node in model.graph.node[-2:]:
        del node.input[1:]
    stored = np.array([[[0, 1, 5], [9, 100, 120]]], np.uint8)
    before = outputs(model, stored.astype(np.float32))

    io = made_integer(model, (0.0, 255.0))

    assert (io.input, io.output) == ((1.0, 0), (1.0, 0))
    onnx.checker.check_model(model, full_check=True)
    np.testing.assert_array_equal(outputs(model, stored), np.rint(before))


def test_operations_outside_of_quantization_pairs_are_named() -> None:
    assert float_operations(quantized()) == ()
    assert float_operations(rescaled_convolution(1.0, 0.0)) == ("Add", "Conv", "Mul")


def test_quantized_parts_that_nothing_reads_stay_and_constants_that_nothing_reads_go() -> None:
    """ONNX Runtime splits integers only if every part is quantized."""
    parameters = {"scale": np.array(2.0, np.float32), "zero": np.array(3, np.uint8), "unused": np.zeros(9, np.float32)}
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["d"]),
        helper.make_node("Split", ["d"], ["a", "b"], axis=1),
    ]
    for part in "ab":
        nodes.append(helper.make_node("QuantizeLinear", [part, "scale", "zero"], [f"{part}q"]))
        nodes.append(helper.make_node("DequantizeLinear", [f"{part}q", "scale", "zero"], [f"{part}d"]))
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 6])],
        [helper.make_tensor_value_info("ad", TensorProto.FLOAT, [1, 3])],
        [numpy_helper.from_array(array, name) for name, array in parameters.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    run_passes(after_quantizing(), model)

    assert float_operations(model) == ()
    assert [tensor.name for tensor in model.graph.initializer] == ["scale", "zero"]


def dense_after_flatten() -> Any:
    """Return input → Transpose → Reshape → Relu → MatMul → Add → Identity → output, with a dead constant."""
    generator = np.random.default_rng(2)
    nodes = [
        helper.make_node("Transpose", ["x"], ["nhwc"], perm=[0, 2, 3, 1]),
        helper.make_node("Unsqueeze", ["nhwc", "first"], ["more"]),
        helper.make_node("Reshape", ["more", "shape"], ["flat"], "flatten/Reshape"),
        helper.make_node("Relu", ["flat"], ["positive"]),
        helper.make_node("MatMul", ["positive", "weights"], ["product"], "dense/MatMul"),
        helper.make_node("Identity", ["product"], ["same"]),
        helper.make_node("Add", ["same", "bias"], ["y"]),
    ]
    constants = {
        "first": np.array([0]),
        "shape": np.array([1, 24]),
        "weights": generator.normal(size=(24, 3)).astype(np.float32),
        "bias": generator.normal(size=3).astype(np.float32),
        "dead": np.zeros(1000, np.float32),
    }
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4, 2, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_a_dense_layer_after_flatten_is_one_operation_on_nchw() -> None:
    model = dense_after_flatten()
    pixels = np.random.default_rng(3).normal(size=(1, 4, 2, 3)).astype(np.float32)
    before = outputs(model, pixels)

    run_passes(AFTER_CONVERTING, model)

    assert [node.op_type for node in model.graph.node] == ["Reshape", "Relu", "Gemm"]
    assert "dead" not in {tensor.name for tensor in model.graph.initializer}
    onnx.checker.check_model(model, full_check=True)
    np.testing.assert_allclose(outputs(model, pixels), before, atol=1e-5)


def padded_convolution(value: float) -> Any:
    generator = np.random.default_rng(4)
    constants = {
        "widths": np.array([0, 0, 1, 2, 0, 0, 3, 0]),
        "value": np.array(value, np.float32),
        "weights": generator.normal(size=(2, 3, 3, 3)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Pad", ["x", "widths", "value"], ["larger"]),
        helper.make_node("Conv", ["larger", "weights"], ["y"], strides=[2, 2]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 6, 5])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2, 4, 3])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.mark.parametrize(("value", "left"), [(0.0, ["Conv"]), (1.0, ["Pad", "Conv"])], ids=["zeros", "ones"])
def test_zeros_around_an_image_are_put_there_by_the_convolution(value: float, left: list[str]) -> None:
    model = padded_convolution(value)
    pixels = np.random.default_rng(5).normal(size=(1, 3, 6, 5)).astype(np.float32)
    before = outputs(model, pixels)

    run_passes(AFTER_CONVERTING, model)

    assert [node.op_type for node in model.graph.node] == left
    np.testing.assert_allclose(outputs(model, pixels), before, atol=1e-5)


def test_a_numbered_node_takes_the_name_of_its_layer() -> None:
    model = rescaled_convolution(1.0, None)
    for node, output in zip(model.graph.node, ("scale/Mul:0", "conv/Conv__3:0", "result"), strict=True):
        rename_tensors(model.graph, {node.output[0]: output})
    model.graph.node[1].name, model.graph.node[2].name = "conv/Conv__3", "Conv__4"
    rename_tensors(model.graph, {"weights": "conv/weights:0"})
    model.graph.initializer[1].name = "conv/weights:0"
    run_passes(AFTER_CONVERTING, model)
    assert [node.name for node in model.graph.node] == ["scale/Mul", "conv/Conv", "conv/Conv_1"]
