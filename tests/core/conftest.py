"""Two small model files that every core test can seal, and how to run Python beside the test."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from edgecnn.contract import Contract, Origin, Preprocessing
from edgecnn.spec import Format, Precision, Scores, TensorSpec

LABELS = ("cat", "dog", "écureuil")


@pytest.fixture(scope="session")
def weights() -> np.ndarray:
    """Float32, (12, 3): from the pixels of a 2×2 RGB picture to three scores."""
    return np.random.default_rng(0).normal(0, 0.01, (12, 3)).astype(np.float32)


@pytest.fixture(scope="session")
def payloads(weights: np.ndarray) -> dict[Format, bytes]:
    """A real ONNX classifier, softmax(pixels @ weights), and the first bytes of a TFLite flatbuffer."""
    return {Format.ONNX: _onnx_model(weights), Format.TFLITE: b"\x1c\x00\x00\x00TFL3" + bytes(range(64))}


@pytest.fixture(scope="session")
def contracts() -> dict[Format, Contract]:
    """What fits the payloads."""
    return {file_format: _contract(file_format) for file_format in (Format.TFLITE, Format.ONNX)}


@pytest.fixture
def start_python() -> Callable[..., subprocess.Popen[str]]:
    """Start a Python script with arguments; its standard input and output are pipes of text."""

    def start(script: str, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", script, *arguments]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    return start


def _onnx_model(weights: np.ndarray) -> bytes:
    onnx = pytest.importorskip("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["images"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
            helper.make_node("Softmax", ["logits"], ["scores"]),
        ],
        "tiny",
        [helper.make_tensor_value_info("images", kind, [1, 2, 2, 3])],
        [helper.make_tensor_value_info("scores", kind, [1, 3])],
        [onnx.numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _contract(file_format: Format) -> Contract:
    return Contract(
        format=file_format,
        precision=Precision.FLOAT32,
        input=TensorSpec("images", (1, 2, 2, 3), "float32"),
        output=TensorSpec("scores", (1, 3), "float32"),
        scores=Scores.PROBABILITIES,
        labels=LABELS,
        preprocessing=Preprocessing(),
        origin=Origin("tiny", "0" * 64),
        needs={"opset": "13"},
        made_with={"edgecnn": "0.1.0"},
    )
