"""Training on little data: the same command, recipe and files as on all of it."""

from __future__ import annotations

import errno
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image

from edgecnn.data.cifar10 import Cifar10Arrays, to_dataset
from edgecnn.data.dataset import Dataset
from edgecnn.data.sample import load_calibration_sample
from edgecnn.errors import TrainingError
from edgecnn.models.card import read_card
from edgecnn.models.registry import architecture
from edgecnn.train.augmentation import cut_mix, cut_out, shift_and_flip
from edgecnn.train.fit import fit
from edgecnn.train.pipeline import training_batches
from edgecnn.train.plots import image_grid
from edgecnn.train.recipe import RECIPES, Recipe
from edgecnn.train.teacher import find_teacher

QUICK = Recipe("two epochs", epochs=2, batch_size=32, learning_rate=1e-3)


def test_the_tutorials_recipe_is_the_tutorials() -> None:
    recipe = RECIPES["tutorial"]
    assert (recipe.epochs, recipe.batch_size, recipe.optimizer, recipe.learning_rate) == (10, 32, "adam", 1e-3)
    assert (recipe.schedule, recipe.augmentation, recipe.label_smoothing, recipe.weight_decay) == (
        "constant",
        "none",
        0,
        0,
    )
    assert recipe.validates_on_test


def test_only_the_tutorials_recipe_looks_at_test_images_while_training() -> None:
    assert [name for name, recipe in RECIPES.items() if recipe.validates_on_test] == ["tutorial"]


def test_train_writes_model_card_history_and_curves(
    edgecnn: Callable[..., Any], small_cifar10: Cifar10Arrays, tmp_path: Path
) -> None:
    import keras

    ran = edgecnn("train", "--epochs", "2", "--seed", "3", "--out", tmp_path / "run")
    assert ran.status == 0
    assert "586,250" in ran.out
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "model.keras",
        "card.json",
        "history.json",
        "curves.png",
        "confusion.png",
        "mistakes.png",
    }
    card = read_card(tmp_path / "run" / "card.json")
    assert (card.recipe, card.seed, card.epochs, card.settings["epochs"]) == ("tutorial", 3, 2, "2")
    history = json.loads((tmp_path / "run" / "history.json").read_text())
    assert {name: len(values) for name, values in history.items()} == dict.fromkeys(
        ("accuracy", "loss", "val_accuracy", "val_loss"), 2
    )
    model = keras.models.load_model(tmp_path / "run" / "model.keras")
    test = to_dataset(small_cifar10, "test")
    correct = int((model.predict(test.images, verbose=0).argmax(axis=1) == test.labels).sum())
    assert (card.test.images, card.test.correct) == (100, correct)
    assert f"({correct} of 100)" in ran.out
    assert weights_in(tmp_path / "run" / "model.keras") == 586_250  # without optimizer state
    with Image.open(tmp_path / "run" / "curves.png") as picture:
        assert min(picture.size) > 400


def weights_in(path: Path) -> int:
    """Return how many numbers a .keras file stores."""
    with zipfile.ZipFile(path) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as weights:
        sizes: list[int] = []
        weights.visititems(lambda _, item: sizes.append(item.size) if isinstance(item, h5py.Dataset) else None)
    return sum(sizes)


def test_without_the_full_set_training_says_how_to_get_it(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    ran = edgecnn("train", "--out", tmp_path / "run")
    assert ran.status == 1
    assert "edgecnn data fetch" in ran.err.splitlines()[-1]
    assert not (tmp_path / "run").exists()


def test_an_out_folder_that_cannot_be_is_found_out_before_training(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = edgecnn("train", "--out", tmp_path / "file")
    assert (ran.status, ran.out) == (1, "")
    assert "is not a folder" in ran.err


def test_the_same_seed_gives_the_same_weights() -> None:
    training = load_calibration_sample().take(np.arange(64))
    first, second, other = (
        fit(architecture("tutorial_cnn"), QUICK, training, seed=seed).model.get_weights()[0] for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - other).max() > 0


def test_training_learns() -> None:
    training = load_calibration_sample().take(np.arange(64))
    recipe = Recipe("longer", epochs=25, batch_size=16)
    assert fit(architecture("tutorial_cnn"), recipe, training).history["accuracy"][-1] > 0.8


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES.keys())
def test_every_recipe_runs(recipe: Recipe) -> None:
    import dataclasses

    import keras

    short = dataclasses.replace(recipe, epochs=2)
    some, build = load_calibration_sample().take(np.arange(64)), architecture("tutorial_cnn")
    keras.utils.set_random_seed(4)
    start = build(10).get_weights()
    teacher = find_teacher(short.teacher, some) if short.teacher else None
    fitted = fit(build, short, some, seed=4, teacher=teacher)
    assert len(fitted.history["loss"]) == 2
    assert all(np.isfinite(fitted.history["loss"]))
    for trained, drawn in zip(fitted.model.get_weights(), start, strict=True):
        assert np.abs(trained - drawn).max() > 0, "the averaged weights are those of the start"


def test_the_layers_of_a_trained_model_are_numbered_from_the_start() -> None:
    for _ in range(2):
        fitted = fit(architecture("tutorial_cnn"), QUICK, load_calibration_sample().take(np.arange(32)))
        assert {"conv2d", "conv2d_1", "dense"} <= {layer.name for layer in fitted.model.layers}


def test_a_training_that_diverges_is_stopped_and_says_what_to_change() -> None:
    wild = Recipe("wild", epochs=5, batch_size=32, optimizer="sgd", learning_rate=1e30)
    with pytest.raises(TrainingError, match="smaller learning_rate"):
        fit(architecture("tutorial_cnn"), wild, load_calibration_sample().take(np.arange(64)))


def interrupting(at_epoch: int) -> Callable[[int], Any]:
    """Return a builder of the tutorial's CNN whose training is stopped with Ctrl-C at the start of an epoch."""
    build = architecture("tutorial_cnn")

    def made(classes: int) -> Any:
        model = build(classes)
        whole = model.fit

        def stopped(*arguments: Any, callbacks: Any, **options: Any) -> Any:
            import keras

            class Stop(keras.callbacks.Callback):  # type: ignore[misc]
                def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
                    if epoch == at_epoch:
                        raise KeyboardInterrupt

            return whole(*arguments, callbacks=[*callbacks, Stop()], **options)

        model.fit = stopped
        return model

    return made


def test_ctrl_c_keeps_the_epoch_with_the_lowest_training_loss() -> None:
    training = load_calibration_sample().take(np.arange(64))
    recipe = Recipe("long", epochs=50, batch_size=16)
    fitted = fit(interrupting(at_epoch=3), recipe, training)
    assert fitted.interrupted
    assert len(fitted.history["loss"]) == 3
    assert fitted.epoch == int(np.argmin(fitted.history["loss"])) + 1


def test_ctrl_c_in_the_first_epoch_leaves_nothing_to_keep() -> None:
    fitted = fit(interrupting(at_epoch=0), QUICK, load_calibration_sample().take(np.arange(64)))
    assert (fitted.interrupted, fitted.epoch) == (True, 0)


def test_ctrl_c_saves_the_best_model_and_says_so(
    edgecnn: Callable[..., Any], small_cifar10: Cifar10Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgecnn.models.tutorial_cnn.build", interrupting(2))
    ran = edgecnn("train", "--out", tmp_path / "run")
    assert ran.status == 130
    assert "stopped: kept epoch" in ran.out
    assert read_card(tmp_path / "run" / "card.json").epochs in (1, 2)


def test_ctrl_c_before_the_first_epoch_ended_saves_nothing_and_says_so(
    edgecnn: Callable[..., Any], small_cifar10: Cifar10Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgecnn.models.tutorial_cnn.build", interrupting(0))
    ran = edgecnn("train", "--out", tmp_path / "run")
    assert ran.status == 130
    assert "nothing was saved" in ran.err
    assert not (tmp_path / "run").exists()


def test_a_folder_whose_parent_is_on_another_disk_gets_its_files(
    edgecnn: Callable[..., Any], small_cifar10: Cifar10Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, rename = tmp_path / "mounted", Path.replace

    def within(self: Path, target: Path) -> Path:
        if out.resolve() not in self.resolve().parents:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", within)
    assert edgecnn("train", "--epochs", "1", "--out", out).status == 0
    assert {"model.keras", "card.json", "history.json"} <= {file.name for file in out.iterdir()}


def test_a_reader_that_leaves_does_not_end_a_training(
    edgecnn: Callable[..., Any], small_cifar10: Cifar10Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave(*_: Any) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("edgecnn.cli.train._print_epoch", leave)
    assert edgecnn("train", "--epochs", "2", "--out", tmp_path / "run").status == 0
    assert read_card(tmp_path / "run" / "card.json").epochs == 2


def test_held_out_images_are_not_trained_on(
    edgecnn: Callable[..., Any], small_cifar10: Cifar10Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = []

    def record(build: Any, recipe: Recipe, training: Dataset, *, validation: Dataset, **others: Any) -> Any:
        given.append((training, validation))
        return fit(build, recipe, training, validation=validation, **others)

    monkeypatch.setattr("edgecnn.train.run.fit", record)
    ran = edgecnn("train", "--recipe", "tuned", "--epochs", "1", "--holdout", "112", "--out", tmp_path / "run")
    assert ran.status == 0
    card = read_card(tmp_path / "run" / "card.json")
    assert card.training.startswith("400 images")
    assert "val_accuracy" in json.loads((tmp_path / "run" / "history.json").read_text())
    ((training, validation),) = given
    learned, apart = ({image.tobytes() for image in part.images} for part in (training, validation))
    assert (len(training), len(validation), learned & apart) == (400, 112, set())


def test_an_epoch_has_every_image_once_with_its_label() -> None:
    training = load_calibration_sample().take(np.arange(100))
    batches = [(images.numpy(), labels.numpy()) for images, labels in training_batches(training, QUICK, 10, seed=1)]
    assert [len(images) for images, _ in batches] == [32, 32, 32, 4]
    seen = np.concatenate([images for images, _ in batches])
    labels = np.concatenate([labels.argmax(axis=1) for _, labels in batches])
    known = {image.tobytes(): label for image, label in zip(training.images, training.labels, strict=True)}  # type: ignore[arg-type]
    assert {image.tobytes(): label for image, label in zip(seen, labels, strict=True)} == known
    assert not np.array_equal(seen, training.images)


def test_augmented_images_are_shifted_and_mirrored_ones() -> None:
    image = np.arange(32 * 32 * 3, dtype=np.uint32).reshape(32, 32, 3) % 251
    image = image.astype(np.uint8)
    shift = 4
    padded = np.pad(image, [(shift,) * 2, (shift,) * 2, (0, 0)], mode="reflect")
    possible = {}
    for top in range(2 * shift + 1):
        for left in range(2 * shift + 1):
            part = padded[top : top + 32, left : left + 32]
            possible[part.tobytes()] = (top, left, False)
            possible[part[:, ::-1].tobytes()] = (top, left, True)
    found = shift_and_flip(np.repeat(image[None], 400, axis=0), shift, np.array([0, 0])).numpy()
    kinds = [possible[one.tobytes()] for one in found]
    assert found.dtype == np.uint8
    assert len({(top, left) for top, left, _ in kinds}) > 60
    assert 120 < sum(mirrored for *_, mirrored in kinds) < 280


def test_a_cut_out_is_one_grey_square_anywhere_in_the_image() -> None:
    images = np.zeros((1000, 32, 32, 3), np.uint8)
    found = cut_out(images, 8, np.array([0, 0])).numpy()
    assert found.dtype == np.uint8
    assert set(np.unique(found)) == {0, 128}
    grey = (found == 128).all(axis=3)
    np.testing.assert_array_equal(grey.any(axis=2)[:, :, None] & grey.any(axis=1)[:, None, :], grey)  # rectangles
    heights = grey.any(axis=2).sum(axis=1)
    assert (heights.min(), heights.max()) == (4, 8)  # at least half of it is inside
    assert grey.any(axis=0).all()


def test_mixed_images_have_a_rectangle_of_another_one_and_its_share_of_the_label() -> None:
    levels = np.arange(200, dtype=np.uint8)
    images = np.broadcast_to(levels[:, None, None, None], (200, 32, 32, 3))
    targets = np.eye(200, dtype=np.float32)
    found, mixed = (one.numpy() for one in cut_mix(images, targets, 0.5, np.array([0, 0])))
    assert (found.dtype, mixed.dtype) == (np.uint8, np.float32)
    np.testing.assert_allclose(mixed.sum(axis=1), 1, atol=1e-6)
    other = (found == levels[::-1, None, None, None]).all(axis=3)
    np.testing.assert_array_equal(other | (found == images).all(axis=3), True)
    np.testing.assert_array_equal(other.any(axis=2)[:, :, None] & other.any(axis=1)[:, None, :], other)  # rectangles
    shares = other.mean(axis=(1, 2))
    np.testing.assert_allclose(mixed[np.arange(200), 199 - np.arange(200)], shares, atol=1e-6)
    assert 70 < (shares > 0).sum() < 130
    assert shares.max() > 0.6


def test_a_recipe_with_a_cutmix_mixes() -> None:
    some = load_calibration_sample().take(np.arange(64))
    recipe = Recipe("mix", epochs=1, batch_size=64, cutmix=1.0)
    ((_, targets),) = training_batches(some, recipe, 10, seed=1)
    assert ((targets.numpy() > 0).sum(axis=1) == 2).sum() > 30


def test_a_recipe_with_a_cutout_cuts_out() -> None:
    some = load_calibration_sample().take(np.arange(32))
    recipe = Recipe("cut", epochs=1, batch_size=32, cutout=8)
    ((images, _),) = training_batches(some, recipe, 10, seed=1)
    assert ((images.numpy() == 128).all(axis=3).sum(axis=(1, 2)) >= 16).all()


def test_the_grid_shows_the_first_25_images(tmp_path: Path) -> None:
    (tmp_path / "grid.png").write_bytes(image_grid(load_calibration_sample()))
    with Image.open(tmp_path / "grid.png") as picture:
        assert picture.format == "PNG"
        assert len(picture.convert("RGB").resize((64, 64)).getcolors(64 * 64) or ()) > 200
