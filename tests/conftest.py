"""Fixtures that several folders share. What is expensive is made once a session."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgecnn.cli.app import run
from edgecnn.data.dataset import Dataset

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

USERS_CACHE = os.environ.get("EDGECNN_CACHE", "")


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str


@pytest.fixture
def edgecnn(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Return a function that runs the command line in this process."""

    def call(*arguments: str | Path) -> Ran:
        capfd.readouterr()
        status = run([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return Ran(status, captured.out, captured.err)

    return call


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
