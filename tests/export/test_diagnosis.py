"""Models made hard to quantize on purpose: the layer is named, and restoring it alone is enough."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgecnn as package
from edgecnn.contract import read_contract
from edgecnn.errors import ExportError
from edgecnn.export import export_model
from edgecnn.export.diagnosis import diagnose
from edgecnn.export.limits import ExportLimits
from edgecnn.export.restore import restore
from edgecnn.feeding import Feeding
from edgecnn.limits import Outcome
from edgecnn.models.load import KerasClassifier, load_keras_classifier
from edgecnn.spec import ExportSpec, Precision
from tests.conftest import grey_images, save_npz

FORMATS = ("tflite", "onnx")
HARD = ("weights", "activations")
LOUD = 300.0


@dataclass(frozen=True)
class Hard:
    """A model with one hard layer, its data, and the folder that its int8 files were rejected into."""

    model: Path
    calibration: Path
    evaluation: Path
    rejected: Path
    classifier: KerasClassifier

    def artifact(self, file_format: str) -> Path:
        return self.rejected / f"{self.model.stem}-int8.{file_format}"


def patterns(count: int, seed: int) -> Any:
    """Return grey images whose class is the orientation of faint stripes: the mean tells nothing."""
    dataset = grey_images(count, seed)
    generator = np.random.default_rng(seed)
    rows, columns = np.mgrid[:12, :10]
    stripes = np.stack([rows % 2, columns % 2, (rows + columns) % 2])[np.arange(count) % 3]
    noise = generator.integers(0, 50, stripes.shape)
    images = (90 + generator.integers(0, 40, (count, 1, 1)) + 25 * stripes + noise).astype(np.uint8)[..., None]
    return type(dataset)("stripes", images, dataset.labels, dataset.class_names, dataset.ids)


def trained() -> Any:
    import keras

    layers = keras.layers
    training = patterns(1500, seed=1)
    keras.utils.set_random_seed(0)
    pixels = keras.Input((12, 10, 1))
    hidden = layers.Rescaling(1 / 255, name="scale")(pixels)
    hidden = layers.Conv2D(8, 3, activation="relu", name="first")(hidden)
    hidden = layers.Conv2D(8, 3, activation="relu", name="second")(hidden)
    hidden = layers.MaxPooling2D(2, name="pool")(hidden)
    hidden = layers.Conv2D(8, 3, activation="relu", name="third")(hidden)
    scores = layers.Dense(3, name="scores")(layers.Flatten(name="flatten")(hidden))
    model = keras.Model(pixels, scores)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    model.optimizer.learning_rate = 0.004
    model.fit(training.images, training.labels, epochs=12, batch_size=64, verbose=0)
    return model


def with_huge_weights(model: Any) -> None:
    """Give each filter of `second` one huge weight, on a channel of `first` that is always 0."""
    kernel, bias = model.get_layer("first").get_weights()
    kernel[..., 0], bias[0] = 0.0, -1.0
    model.get_layer("first").set_weights([kernel, bias])
    kernel, bias = model.get_layer("second").get_weights()
    kernel[1, 1, 0, :] = LOUD * np.abs(kernel).max()
    model.get_layer("second").set_weights([kernel, bias])


def with_huge_activations(model: Any) -> None:
    """Make one channel of `second` hundreds of times as loud, and let `third` take no notice of it."""
    kernel, bias = model.get_layer("second").get_weights()
    kernel[..., 0], bias[0] = LOUD * np.abs(kernel).max(), 0.0
    model.get_layer("second").set_weights([kernel, bias])
    kernel, bias = model.get_layer("third").get_weights()
    kernel[:, :, 0, :] = 0.0
    model.get_layer("third").set_weights([kernel, bias])


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Hard]:
    import keras

    folder = tmp_path_factory.mktemp("hard")
    calibration = save_npz(folder / "calibration.npz", patterns(60, seed=2))
    evaluation = save_npz(folder / "evaluation.npz", patterns(600, seed=3))
    base = trained()
    found = {}
    for kind, spoil in (("weights", with_huge_weights), ("activations", with_huge_activations)):
        model = keras.models.clone_model(base)
        model.set_weights(base.get_weights())
        spoil(model)
        path = folder / f"huge_{kind}.keras"
        model.save(path)
        out = folder / kind
        exported = export_model(
            str(path),
            out,
            ExportSpec(),
            calibration=str(calibration),
            evaluation=str(evaluation),
            limits=ExportLimits(max_drop=2.0),
        )
        assert [entry.file for entry in exported.rejected] == [f"huge_{kind}-int8.tflite", f"huge_{kind}-int8.onnx"]
        labels = read_contract(out / f"huge_{kind}-float32.tflite").labels
        found[kind] = Hard(
            path, calibration, evaluation, out / "rejected", load_keras_classifier(path, Feeding(labels=labels))
        )
    return found


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("kind", HARD)
def test_the_hard_layer_is_named_first(hard: dict[str, Hard], kind: str, file_format: str) -> None:
    case = hard[kind]
    found = diagnose(case.artifact(file_format), case.classifier, patterns(64, seed=3).images)
    worst, second = found.worst_first[:2]
    assert worst.layer == "second"
    assert worst.is_hurt_by_activations == (kind == "activations")
    assert worst.own_db is not None
    assert second.own_db is not None
    assert worst.own_db + 10 < second.own_db
    assert (worst.levels_used < 0.5) == (kind == "activations")
    weighted = [layer.layer for layer in found.layers if layer.weights_db is not None]
    assert [name for name in weighted if name != "scale"] == ["first", "second", "third", "scores"]


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("kind", HARD)
def test_restoring_that_layer_alone_brings_it_within_the_gate(
    hard: dict[str, Hard], kind: str, file_format: str, tmp_path: Path
) -> None:
    case, out = hard[kind], tmp_path / f"restored.{file_format}"
    before = case.artifact(file_format).read_bytes()
    found = restore(
        case.artifact(file_format),
        case.classifier,
        patterns(60, seed=2),
        patterns(600, seed=3),
        limits=ExportLimits(max_drop=2.0),
        out=out,
    )
    assert (found.before.outcome, found.after.outcome) == (Outcome.DOES_NOT_HOLD, Outcome.HOLDS)
    assert [(layer.layer, layer.keeps_output) for layer in found.layers] == [("second", kind == "activations")]
    assert found.extra_bytes == found.layers[0].extra_bytes
    assert found.extra_bytes > 0
    assert abs(out.stat().st_size - len(before) - found.extra_bytes) < 1000  # the contracts differ a little
    assert case.artifact(file_format).read_bytes() == before
    answers = package.load(out).predict(patterns(600, seed=3).images).argmax(axis=1)
    exact = np.asarray(case.classifier.call(patterns(600, seed=3).images.astype(np.float32))).argmax(axis=1)
    assert (answers == exact).mean() > 0.97
    assert read_contract(out).input.dtype == "uint8"


def test_sixteen_bit_activations_do_not_help_huge_weights(hard: dict[str, Hard], tmp_path: Path) -> None:
    """int16x8 has 8-bit weights still: what huge weights crush stays crushed."""
    case = hard["weights"]
    with pytest.raises(ExportError, match="even with every layer restored"):
        restore(
            case.artifact("tflite"), case.classifier, patterns(60, seed=2), patterns(600, seed=3),
            to=Precision.INT16X8, limits=ExportLimits(max_drop=2.0), out=tmp_path / "restored.tflite",
        )  # fmt: skip
    assert not list(tmp_path.iterdir())


def test_only_int8_files_of_that_model_are_diagnosed(hard: dict[str, Hard]) -> None:
    case, other = hard["weights"], hard["activations"]
    images = patterns(4, seed=3).images
    with pytest.raises(ExportError, match="float32; only int8"):
        diagnose(case.rejected.parent / "huge_weights-float32.onnx", case.classifier, images)
    with pytest.raises(ExportError, match="was not made from"):
        diagnose(other.artifact("onnx"), case.classifier, images)


def test_the_command_prints_the_layers_draws_them_and_restores(
    edgecnn: Callable[..., Any], hard: dict[str, Hard], tmp_path: Path
) -> None:
    case = hard["activations"]
    ran = edgecnn(
        "diagnose", case.artifact("tflite"), "--against", case.model, "--data", case.evaluation,
        "--plot", tmp_path / "layers.png",
    )  # fmt: skip
    assert ran.status == 0
    rows = [line.split() for line in ran.out.splitlines()]
    assert next(row[0] for row in rows if row and row[0] in ("first", "second", "third", "scores")) == "second"
    assert (tmp_path / "layers.png").read_bytes().startswith(b"\x89PNG")
    ran = edgecnn(
        "diagnose", case.artifact("tflite"), "--against", case.model, "--data", case.evaluation,
        "--calibration", case.calibration, "--restore", "--max-drop", 2, "--json",
    )  # fmt: skip
    assert ran.status == 0
    told = json.loads(ran.out)
    assert [layer["layer"] for layer in told["layers"]] == ["second"]
    written = case.rejected.parent / "huge_activations-int8-restored.tflite"
    assert told["path"] == str(written)
    assert read_contract(written).float_operations
    written.unlink()


def test_a_file_that_holds_is_left_alone(hard: dict[str, Hard], tmp_path: Path) -> None:
    case = hard["weights"]
    found = restore(
        case.artifact("onnx"), case.classifier, patterns(60, seed=2), patterns(600, seed=3),
        limits=ExportLimits(max_drop=100),
        out=tmp_path / "restored.onnx",
    )  # fmt: skip
    assert (found.path, found.layers, found.extra_bytes) == (None, (), 0)
    assert not list(tmp_path.iterdir())
