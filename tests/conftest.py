"""Fixtures that several folders share. What is expensive is made once a session."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgecnn.cli.app import run
from edgecnn.contract import Contract, Origin, Preprocessing
from edgecnn.data.dataset import Dataset
from edgecnn.isolated.messages import Request
from edgecnn.progress import Progress
from edgecnn.redirect import output_to
from edgecnn.spec import Format, Precision, Scores, TensorSpec
from tests.forks import Forks

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

USERS_CACHE = os.environ.get("EDGECNN_CACHE", "")
LABELS = ("cat", "dog", "écureuil")

PATIENCE = 300.0
"""Seconds to wait for what must come. It comes at once, but not on a machine that others keep busy."""


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a shell without job control starts background commands so, and every process that is started here would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the quick tests first, so that a mistake shows early."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str


@pytest.fixture
def edgecnn(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Return a function that runs the command line in this process, and what it would convert in another as well."""
    monkeypatch.setattr("edgecnn.export.child.call", convert_here)

    def call(*arguments: str | Path) -> Ran:
        capfd.readouterr()
        status = run([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return Ran(status, captured.out, captured.err)

    return call


def convert_here(target: str, request: Request[Any], *, progress: Progress, **_: Any) -> Any:
    """Stand for `edgecnn.isolated.child.call`: importing TensorFlow anew would take longer than most exports."""
    module, function = target.split(":")
    with output_to():
        handlers = getattr(importlib.import_module(module), function)(progress)
        return handlers[type(request)](request)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests away from the user's cache."""
    monkeypatch.setenv("EDGECNN_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="session")
def full_cache() -> Path:
    """The cache folder that the test run was given, with the full CIFAR-10 in it."""
    if not USERS_CACHE or not (Path(USERS_CACHE) / "cifar10" / "test_labels.npy").exists():
        pytest.skip("needs the full CIFAR-10: run `edgecnn data fetch` and set EDGECNN_CACHE to its cache folder")
    return Path(USERS_CACHE)


@pytest.fixture(scope="session")
def shipped_export(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the export of the shipped model in all formats and precisions."""
    from edgecnn.export import export_model
    from edgecnn.spec import ExportSpec

    return export_model("tutorial_cnn", tmp_path_factory.mktemp("shipped") / "artifacts", ExportSpec())


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """Return what starts processes that have TensorFlow imported already."""
    started = Forks(tmp_path_factory.mktemp("forks"))
    yield started
    started.end()


def grey_images(count: int, seed: int) -> Dataset:
    """Return 12×10 grey images of three classes that a small model can tell apart: dark, middling, bright."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    noise = generator.integers(0, 80, (count, 12, 10, 1))
    return Dataset(
        "grey",
        (labels[:, None, None, None] * 85 + noise).astype(np.uint8),
        labels.astype(np.int64),
        ("dark", "middling", "bright"),
        tuple(str(number) for number in range(count)),
    )


def save_npz(path: Path, dataset: Dataset) -> Path:
    """Write a data set as edgecnn reads it."""
    assert dataset.labels is not None
    np.savez(path, images=dataset.images, labels=dataset.labels, class_names=np.array(dataset.class_names))
    return path


@dataclass(frozen=True)
class Own:
    """A user's own model and data: not CIFAR-10 in any way."""

    model: Path
    calibration: Path
    evaluation: Path


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Own:
    """Return a trained Functional model for 12×10 grey images that ends in logits, with data."""
    import keras

    folder = tmp_path_factory.mktemp("own")
    training = grey_images(300, seed=1)
    keras.utils.set_random_seed(0)
    pixels = keras.Input((12, 10, 1))
    features = keras.layers.Rescaling(1 / 127.5, offset=-1)(pixels)
    features = keras.layers.Conv2D(4, 3, padding="same")(features)
    features = keras.layers.BatchNormalization()(features)
    features = keras.layers.ReLU()(features)
    features = keras.layers.GlobalAveragePooling2D()(features)
    model = keras.Model(pixels, keras.layers.Dense(3)(features), name="grey_levels")
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.optimizer.learning_rate = 0.05
    model.fit(training.images, training.labels, epochs=8, verbose=0)
    model.save(folder / "grey_levels.keras")
    return Own(
        folder / "grey_levels.keras",
        save_npz(folder / "calibration.npz", grey_images(60, seed=2)),
        save_npz(folder / "evaluation.npz", grey_images(150, seed=3)),
    )


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
