"""Learning from a larger model's answers."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgecnn.data.cifar10 import Cifar10Arrays
from edgecnn.data.sample import load_calibration_sample
from edgecnn.errors import ModelError
from edgecnn.files import sha256_file
from edgecnn.models.card import read_card
from edgecnn.models.registry import shipped_folder
from edgecnn.models.trained import load_trained
from edgecnn.train.pipeline import training_batches
from edgecnn.train.recipe import Recipe
from edgecnn.train.teacher import find_teacher

TAUGHT = Recipe("taught", epochs=1, batch_size=32, teacher="tutorial_cnn", teacher_share=0.25)


def test_targets_are_labels_and_the_teachers_answers_in_their_shares() -> None:
    some = load_calibration_sample().take(np.arange(64))
    teacher = load_trained(shipped_folder("tutorial_cnn") / "model.keras")[1]
    for images, targets in training_batches(some, TAUGHT, 10, 0, teacher=teacher):
        known = {image.tobytes(): label for image, label in zip(some.images, some.labels, strict=True)}  # type: ignore[arg-type]
        labels = np.eye(10)[[known[image.tobytes()] for image in images.numpy()]]
        answers = teacher.predict(images.numpy(), verbose=0)
        np.testing.assert_allclose(targets, 0.75 * labels + 0.25 * answers, atol=1e-5)


def test_train_takes_the_recipes_teacher(
    edgecnn: Callable[..., Any], small_cifar10: Cifar10Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taught.toml").write_text(
        'epochs = 1\nbatch_size = 64\nteacher = "tutorial_cnn"\nteacher_share = 0.5\n'
    )
    (tmp_path / "untaught.toml").write_text("epochs = 1\nbatch_size = 64\n")
    weights = []
    for name in ("taught", "untaught"):
        ran = edgecnn("train", "--recipe", tmp_path / f"{name}.toml", "--out", tmp_path / name)
        assert ran.status == 0
        weights.append(load_trained(tmp_path / name / "model.keras")[1].get_weights()[0])
    settings = read_card(tmp_path / "taught" / "card.json").settings
    shipped = read_card(shipped_folder("tutorial_cnn") / "card.json")
    assert (settings["teacher"], settings["teacher_sha256"]) == ("tutorial_cnn", shipped.sha256)
    assert np.abs(weights[0] - weights[1]).max() > 1e-4  # the same seed gives the same weights otherwise


def test_another_teacher_takes_the_place_of_the_recipes(
    edgecnn: Callable[..., Any], small_cifar10: Cifar10Arrays, tmp_path: Path
) -> None:
    recipe, own = tmp_path / "taught.toml", tmp_path / "own.keras"
    recipe.write_text('epochs = 1\nbatch_size = 64\nteacher = "tutorial_cnn"\nteacher_share = 0.5\n')
    shutil.copy(shipped_folder("edge_s") / "model.keras", own)
    assert edgecnn("train", "--recipe", recipe, "--teacher", own, "--out", tmp_path / "run").status == 0
    settings = read_card(tmp_path / "run" / "card.json").settings
    assert (settings["teacher"], settings["teacher_sha256"]) == (str(own), sha256_file(own))


def test_a_teacher_for_a_recipe_that_has_none_is_refused(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    ran = edgecnn("train", "--recipe", "edge", "--teacher", "edge_l", "--out", tmp_path / "run")
    assert ran.status == 2
    assert "recipe edge has no teacher that --teacher could replace" in ran.err


def test_a_teacher_that_sees_other_images_is_refused(tmp_path: Path) -> None:
    import keras

    parts = [keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
    keras.Sequential([keras.Input((16, 16, 3)), *parts]).save(tmp_path / "small.keras")
    with pytest.raises(ModelError, match="it takes 16×16×3 values, the images have 32×32×3"):
        find_teacher(str(tmp_path / "small.keras"), load_calibration_sample())


def test_a_model_without_names_of_its_classes_can_teach_as_many(tmp_path: Path) -> None:
    import keras

    shutil.copy(shipped_folder("tutorial_cnn") / "model.keras", tmp_path / "mine.keras")  # without its card
    assert find_teacher(str(tmp_path / "mine.keras"), load_calibration_sample()).output_shape == (None, 10)
    keras.utils.set_random_seed(0)
    parts = [keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax", kernel_initializer="zeros")]
    keras.Sequential([keras.Input((32, 32, 3)), *parts]).save(tmp_path / "other.keras")
    with pytest.raises(ModelError, match="no better than guessing"):
        find_teacher(str(tmp_path / "other.keras"), load_calibration_sample())


def test_a_teacher_of_other_classes_is_refused(
    edgecnn: Callable[..., Any], small_cifar10: Cifar10Arrays, tmp_path: Path
) -> None:
    import keras

    other = keras.Sequential(
        [keras.Input((32, 32, 3)), keras.layers.Flatten(), keras.layers.Dense(4, activation="softmax")]
    )
    other.save(tmp_path / "other.keras")
    (tmp_path / "taught.toml").write_text(
        f'epochs = 1\nbatch_size = 64\nteacher = "{tmp_path / "other.keras"}"\nteacher_share = 0.5\n'
    )
    ran = edgecnn("train", "--recipe", tmp_path / "taught.toml", "--out", tmp_path / "run")
    assert ran.status == 1
    assert "cannot teach" in ran.err


def test_a_share_of_nothing_leaves_the_labels() -> None:
    some = load_calibration_sample().take(np.arange(32))
    ((_, targets),) = training_batches(some, dataclasses.replace(TAUGHT, teacher_share=0.0), 10, 0)
    assert set(np.unique(targets)) == {0, 1}
