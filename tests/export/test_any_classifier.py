"""Classifiers of several kinds, from pictures in folders: float32 is Keras', int8 passes the gate, in both formats."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import edgecnn
from edgecnn.artifact import open_folder, read_manifest
from edgecnn.cli.app import run
from edgecnn.contract import Preprocessing
from edgecnn.data.folder import load_folder
from edgecnn.limits import Outcome
from edgecnn.models.load import load_keras_classifier
from edgecnn.spec import Precision, Scores
from edgecnn.tasks.single_label import softmax
from tests.conftest import save_npz

pytestmark = pytest.mark.slow

CLASSES = ("blue", "green", "red")

Build = Callable[[Any], Any]


def pictures(folder: Path, shape: tuple[int, int, int], count: int, seed: int) -> Path:
    """Write `count` noisy pictures a class: a bright half above, beside or nowhere, in the class's colour if any."""
    height, width, channels = shape
    generator = np.random.default_rng(seed)
    for number, name in enumerate(CLASSES):
        (folder / name).mkdir(parents=True)
        for index in range(count):
            pixels = generator.integers(40, 110, shape)
            if number == 0:
                pixels[: height // 2] += 110
            elif number == 1:
                pixels[:, : width // 2] += 110
            if channels == 3:
                pixels[..., number] += 30
            image = pixels.clip(0, 255).astype(np.uint8)
            Image.fromarray(image[..., 0] if channels == 1 else image).save(folder / name / f"{index}.png")
    return folder


def residual(keras: Any) -> Any:
    layers = keras.layers
    pixels = keras.Input((32, 32, 3))
    hidden = layers.Conv2D(8, 3, strides=2, padding="same")(layers.Rescaling(1 / 127.5, -1)(pixels))
    branch = layers.ReLU()(
        layers.BatchNormalization(momentum=0.8)(layers.Conv2D(8, 3, padding="same", use_bias=False)(hidden))
    )
    branch = layers.BatchNormalization(momentum=0.8)(layers.Conv2D(8, 3, padding="same", use_bias=False)(branch))
    hidden = layers.ReLU()(layers.Add()([hidden, branch]))
    hidden = layers.Flatten()(layers.AveragePooling2D(4)(hidden))
    return keras.Model(pixels, layers.Dense(3, activation="softmax")(hidden))


def separable(keras: Any) -> Any:
    layers = keras.layers
    blocks = []
    for width, stride in ((8, 2), (12, 2)):
        blocks += [
            layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.8),
            layers.ReLU(6.0),
            layers.Conv2D(width, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.8),
            layers.ReLU(6.0),
        ]
    return keras.Sequential(
        [keras.Input((32, 32, 3)), layers.Rescaling(1 / 255), layers.Conv2D(8, 3, padding="same"), *blocks,
         layers.AveragePooling2D(4), layers.Flatten(), layers.Dense(3, activation="softmax")]
    )  # fmt: skip


def grey_logits(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [keras.Input((28, 28, 1)), layers.Rescaling(1 / 255), layers.Conv2D(8, 3, activation="relu"),
         layers.MaxPooling2D(4), layers.Flatten(), layers.Dense(3)]
    )  # fmt: skip


def large(keras: Any) -> Any:
    """96×96×3, which expects its pixels as -1..1."""
    layers = keras.layers
    return keras.Sequential(
        [keras.Input((96, 96, 3)), layers.Conv2D(8, 4, strides=4, activation="relu"), layers.MaxPooling2D(2),
         layers.Conv2D(12, 3, padding="same", activation="relu"), layers.Flatten(), layers.Dense(3)]
    )  # fmt: skip


KERAS_2 = """
import sys
import numpy as np
import tf_keras as keras

keras.utils.set_random_seed(0)
images, labels = (np.load(sys.argv[1])[name] for name in ("images", "labels"))
layers = keras.layers
model = keras.Sequential([
    keras.Input((32, 32, 3)), layers.Rescaling(1 / 255), layers.Conv2D(8, 3, activation="relu"),
    layers.BatchNormalization(momentum=0.8), layers.MaxPooling2D(4), layers.Flatten(),
    layers.Dense(3, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(images.astype("float32"), labels, epochs=8, verbose=0)
model.save(sys.argv[2])
"""


def trained(build: Build, folder: Path, images: Path) -> Path:
    import keras

    keras.utils.set_random_seed(0)
    model = build(keras)
    dataset = load_folder(images, model.input_shape[1:])
    pixels = dataset.images.astype(np.float32)
    pixels = pixels / 127.5 - 1 if build is large else pixels
    is_softmax = getattr(model.layers[-1].activation, "__name__", "") == "softmax"
    model.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=not is_softmax))
    model.fit(pixels, dataset.labels, epochs=8, verbose=0)
    path = folder / f"{build.__name__}.keras"
    model.save(path)
    return path


def legacy(folder: Path, images: Path) -> Path:
    """Return an .h5 file that Keras 2 itself wrote."""
    dataset = load_folder(images, (32, 32, 3))
    save_npz(folder / "data.npz", dataset)
    path = folder / "legacy.h5"
    subprocess.run([sys.executable, "-c", KERAS_2, folder / "data.npz", path], check=True, capture_output=True)
    return path


KINDS: dict[str, tuple[Build | None, tuple[int, int, int], tuple[str, ...]]] = {
    "residual with batch norm": (residual, (32, 32, 3), ()),
    "depthwise-separable": (separable, (32, 32, 3), ()),
    "28x28x1 with logits": (grey_logits, (28, 28, 1), ()),
    "96x96x3, fed -1..1": (large, (96, 96, 3), ("--scale", "-1..1")),
    "legacy .h5": (None, (32, 32, 3), ()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_float32_is_keras_and_int8_passes_the_gate_in_both_formats(kind: str, tmp_path: Path) -> None:
    build, shape, options = KINDS[kind]
    training = pictures(tmp_path / "train", shape, 60, seed=1)
    evaluation = pictures(tmp_path / "val", shape, 110, seed=2)
    (tmp_path / "labels.txt").write_text("\n".join(CLASSES))
    path = legacy(tmp_path, training) if build is None else trained(build, tmp_path, training)

    status = run([
        "export", str(path), "--int8", "--calibration", str(training), "--evaluation", str(evaluation),
        "--labels", str(tmp_path / "labels.txt"), "--out", str(tmp_path / "out"), *options,
    ])  # fmt: skip

    assert status == 0
    artifacts = open_folder(tmp_path / "out").artifacts
    assert len(artifacts) == 4
    images = load_folder(evaluation, shape, CLASSES).images
    scale, offset = ((1 / 127.5,), (-1.0,)) if options else ((1.0,), (0.0,))
    keras = load_keras_classifier(path)
    real = (images * np.float32(scale[0]) + np.float32(offset[0])).astype(np.float32)
    expected = np.asarray(keras.call(real))
    if keras.scores is Scores.LOGITS:
        expected = softmax(expected)
    for artifact, entry in zip(artifacts, read_manifest(tmp_path / "out").artifacts, strict=True):
        found = edgecnn.load(artifact.path).predict(images)
        assert artifact.contract.labels == CLASSES
        assert artifact.contract.preprocessing == Preprocessing(colour="L" if shape[2] == 1 else "RGB")
        if artifact.contract.precision is Precision.FLOAT32:
            np.testing.assert_allclose(found, expected, atol=1e-4, err_msg=artifact.path.name)
        else:
            assert entry.gate is not None
            assert entry.gate.outcome is Outcome.HOLDS, entry.gate.sentence
            assert artifact.contract.float_operations == (), artifact.path.name
