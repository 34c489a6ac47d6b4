"""What an inspection counts, against models whose numbers are known."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgecnn.contract import read_contract
from edgecnn.inspection.inspect import inspect_file
from edgecnn.inspection.result import Inspection, Operation
from edgecnn.models.registry import shipped_folder
from edgecnn.schema import decode, encode

FOLDER = shipped_folder("tutorial_cnn")
PARAMETERS = 896 + 18_496 + 36_928 + 524_800 + 5_130
"""The tutorial's CNN: three 3×3 convolutions to 32, 64 and 64 channels, dense layers to 512 and 10."""
MACS = 30 * 30 * 32 * 27 + 13 * 13 * 64 * 288 + 4 * 4 * 64 * 576 + 1024 * 512 + 512 * 10


@pytest.fixture(scope="module")
def found() -> dict[str, Inspection]:
    """Return the inspections of the shipped int8 files by their suffix."""
    return {suffix: inspect_file(FOLDER / f"tutorial_cnn-int8.{suffix}") for suffix in ("tflite", "onnx")}


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return what converts layers on an 8×8×3 input to a .tflite file, float32 or with dynamic-range int8 weights."""
    import tensorflow as tf

    folder = tmp_path_factory.mktemp("converted")

    def convert(name: str, *layers: Any, dynamic: bool = False) -> Path:
        model = tf.keras.Sequential([tf.keras.Input((8, 8, 3), batch_size=1), *layers])
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        converter.optimizations = [tf.lite.Optimize.DEFAULT] if dynamic else []
        path = folder / f"{name}.tflite"
        path.write_bytes(converter.convert())
        return path

    return convert


def by_type(inspection: Inspection, kind: str) -> Operation:
    (one,) = (one for one in inspection.operations if one.type == kind)
    return one


@pytest.mark.parametrize("suffix", ["tflite", "onnx"])
def test_parameters_and_macs_of_the_shipped_model_are_those_of_its_layers(
    found: dict[str, Inspection], suffix: str
) -> None:
    one = found[suffix]
    assert (one.parameters, one.macs, one.uncounted) == (PARAMETERS, MACS, 0)
    assert sum(total.parameters for total in one.by_type) == PARAMETERS
    assert sum(total.count for total in one.by_type) == len(one.operations)
    biases = 32 + 64 + 64 + 512 + 10
    assert one.weight_bytes == PARAMETERS + 3 * biases  # int8 weights, int32 biases


@pytest.mark.parametrize("suffix", ["tflite", "onnx"])
def test_an_int8_file_computes_in_integers_and_takes_pixels(found: dict[str, Inspection], suffix: str) -> None:
    one = found[suffix]
    assert {operation.arithmetic for operation in one.operations} <= {"integer", "conversion"}
    (pixels,), (scores,) = one.inputs, one.outputs
    assert (pixels.shape, pixels.dtype, scores.shape) == ((1, 32, 32, 3), "uint8", (1, 10))
    assert pixels.affine is not None
    assert (pixels.affine.scale, pixels.affine.zero_point) == (1.0, 0)
    assert scores.affine is not None
    assert scores.affine.scale == pytest.approx(read_contract(FOLDER / f"tutorial_cnn-int8.{suffix}").output.scale)


@pytest.mark.parametrize("suffix", ["tflite", "onnx"])
def test_weights_belong_to_the_layer_that_uses_them_with_a_scale_for_each_channel(
    found: dict[str, Inspection], suffix: str
) -> None:
    layers = [operation for operation in found[suffix].operations if operation.macs]
    assert [operation.layer for operation in layers] == ["conv2d_6", "conv2d_7", "conv2d_8", "dense_4", "dense_5"]
    for operation, channels in zip(layers, (32, 64, 64, 512, 10), strict=True):
        weights, bias = operation.weights
        assert (weights.dtype, bias.dtype) == ("int8", "int32")
        assert weights.affine is not None
        assert (weights.affine.scales, weights.affine.symmetric) == (channels, True)
        assert weights.shape is not None
        assert weights.affine.axis is not None
        assert weights.shape[weights.affine.axis] == channels


@pytest.mark.parametrize("suffix", ["tflite", "onnx"])
def test_peak_memory_is_that_of_the_first_pooling(found: dict[str, Inspection], suffix: str) -> None:
    """The input, which stays for the caller, what the first convolution gave, and what the pooling makes of it."""
    memory = found[suffix].memory
    assert memory.peak_bytes == 32 * 32 * 3 + 30 * 30 * 32 + 15 * 15 * 32
    assert (memory.largest, memory.largest_bytes) == ("conv2d_6", 30 * 30 * 32)


def test_xnnpack_is_asked_for_what_it_takes(found: dict[str, Inspection]) -> None:
    from ai_edge_litert.interpreter import Interpreter

    one = found["tflite"]
    assert one.xnnpack is not None
    assert one.xnnpack.taken is not None
    assert one.xnnpack.taken == sum(bool(operation.on_xnnpack) for operation in one.operations)
    assert all(operation.on_xnnpack for operation in one.operations if operation.macs)
    interpreter = Interpreter(model_path=str(FOLDER / "tutorial_cnn-int8.tflite"))
    interpreter.allocate_tensors()
    nodes = interpreter._get_ops_details()
    (delegate,) = (node for node in nodes if node["op_name"] == "DELEGATE")
    left = [operation for operation in one.operations if not operation.on_xnnpack]
    made_outside = {key for operation in left for key in nodes[operation.index]["outputs"]}
    assert set(delegate["outputs"]).isdisjoint(made_outside)
    assert found["onnx"].xnnpack is None


def test_the_contract_is_told_in_short(found: dict[str, Inspection]) -> None:
    for one in found.values():
        assert one.contract is not None
        assert (one.contract.model, one.contract.precision, one.contract.labels) == ("tutorial_cnn", "int8", 10)


def test_json_gives_back_the_same_inspection(found: dict[str, Inspection]) -> None:
    for one in found.values():
        assert decode(Inspection, json.loads(json.dumps(encode(one)))) == one


def test_depthwise_transposed_and_dense_layers_are_counted(converted: Callable[..., Path]) -> None:
    from keras import layers

    biased = {"bias_initializer": "ones"}  # the converter leaves out biases of 0
    path = converted(
        "kinds",
        layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, **biased),
        layers.Conv2DTranspose(5, 3, strides=2, padding="same", **biased),
        layers.Conv2D(4, 1, activation="relu", **biased),
        layers.GlobalAveragePooling2D(),
        layers.Dense(7, **biased),
    )
    one = inspect_file(path)
    assert by_type(one, "DEPTHWISE_CONV_2D").macs == 8 * 8 * 6 * 9
    assert by_type(one, "TRANSPOSE_CONV").macs == 8 * 8 * 6 * 9 * 5
    assert by_type(one, "CONV_2D").macs == 16 * 16 * 4 * 5
    assert by_type(one, "FULLY_CONNECTED").macs == 4 * 7
    assert by_type(one, "MEAN").macs == 0
    assert one.parameters == (6 * 9 + 6) + (5 * 9 * 6 + 5) + (4 * 5 + 4) + (4 * 7 + 7)
    assert {operation.arithmetic for operation in one.operations} == {"float"}
    assert one.contract is None


def test_dynamic_range_is_told_from_float_and_the_runtime_agrees_with_the_converter(
    converted: Callable[..., Path],
) -> None:
    from keras import layers

    path = converted("dynamic", layers.Conv2D(16, 3), layers.Flatten(), layers.Dense(40), dynamic=True)
    one = inspect_file(path)
    dense = by_type(one, "FULLY_CONNECTED")
    assert (dense.arithmetic, dense.weights[0].dtype) == ("dynamic", "int8")
    assert one.runtime.oldest is not None
    assert one.runtime.declared is not None
    assert one.runtime.declared.removesuffix(".0") == one.runtime.oldest
    newest = max(
        one.operations, key=lambda operation: [int(part) for part in (operation.oldest_runtime or "0").split(".")]
    )
    assert one.runtime.because.split()[0] == newest.type
    if newest.type == "FULLY_CONNECTED" and newest.version > 10:
        assert one.runtime.refused_by == (f"tflite-runtime 2.14.0: FULLY_CONNECTED version {newest.version}",)


def test_matrices_of_onnx_are_counted_and_the_runtime_follows_from_opset_and_ir(tmp_path: Path) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = numpy_helper.from_array(np.ones((6, 5), np.float32), "w")
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "w"], ["a"]),
            helper.make_node("Gemm", ["w", "a"], ["y"], transA=1, transB=1),
        ],
        "two",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 6])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [weights],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    onnx.save(model, tmp_path / "two.onnx")
    one = inspect_file(tmp_path / "two.onnx")
    assert one.inputs[0].shape == (-1, 6)
    assert one.operations[0].macs == 6 * 5
    assert one.parameters == 30  # both nodes use the same weights
    assert (one.runtime.oldest, one.runtime.because) == ("1.16", "IR version 9")


def test_a_tflite_file_is_inspected_without_any_package(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "for name in ('numpy', 'flatbuffers', 'ai_edge_litert', 'onnx', 'tensorflow', 'rich', 'click'):\n"
        "    sys.modules[name] = None\n"
        "from edgecnn.inspection import inspect, xnnpack\n"
        "xnnpack.installed_version = lambda name: None\n"
        "found = inspect.inspect_file(sys.argv[1])\n"
        "print(found.parameters, found.xnnpack.taken, found.xnnpack.note)"
    )
    command = [sys.executable, "-c", script, str(FOLDER / "tutorial_cnn-int8.tflite")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.stdout == f"{PARAMETERS} None unknown without LiteRT: pip install 'edgecnn[litert]'\n", ran.stderr


def test_the_command_prints_types_or_layers_or_json(edgecnn: Callable[..., Any], found: dict[str, Inspection]) -> None:
    path = FOLDER / "tutorial_cnn-int8.tflite"
    types = edgecnn("inspect", path)
    assert types.status == 0
    assert "CONV_2D v3" in types.out
    assert f"{PARAMETERS:,} parameters" in types.out
    assert "XNNPACK takes" in types.out
    assert "loads in TensorFlow Lite 1.14 and later" in types.out
    layers = edgecnn("inspect", path, "--by-layer").out
    assert all(name in layers for name in ("conv2d_6", "dense_5", "int8 ×512", "1×30×30×32"))
    assert max(map(len, layers.splitlines())) <= 125
    told = decode(Inspection, json.loads(edgecnn("inspect", path, "--json").out))
    assert told == found["tflite"]


def test_onnx_without_its_package_names_the_extra(edgecnn: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgecnn.inspection.onnx_inspection.importlib.util.find_spec", lambda name: None)
    ran = edgecnn("inspect", FOLDER / "tutorial_cnn-int8.onnx")
    assert (ran.status, ran.out) == (1, "")
    assert "pip install 'edgecnn[export]'" in ran.err
