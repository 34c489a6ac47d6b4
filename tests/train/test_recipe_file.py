"""Recipes of the user's own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgecnn.data.cifar10 import Cifar10Arrays
from edgecnn.errors import TrainingError
from edgecnn.models.card import read_card
from edgecnn.train.recipe import RECIPES, Recipe
from edgecnn.train.recipe_file import read_recipe

MINE = """
epochs = 2
batch_size = 64
optimizer = "sgd"
learning_rate = 0.1
schedule = "one-cycle"
"""


def write(folder: Path, text: str) -> Path:
    (folder / "mine.toml").write_text(text)
    return folder / "mine.toml"


def test_a_recipe_file_gives_the_settings_in_it_and_defaults_for_the_rest(tmp_path: Path) -> None:
    assert read_recipe(write(tmp_path, MINE)) == Recipe(
        "mine", epochs=2, batch_size=64, optimizer="sgd", learning_rate=0.1, schedule="one-cycle"
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("optimiser = 'sgd'", "no setting named 'optimiser'; did you mean 'optimizer'"),
        ("augmentation = 'mixup'", "augmentation is 'mixup', not one of none, shift-and-flip"),
        ("label_smoothing = 1.0", "less than 1"),
        ("weight_decay = -0.1", "weight_decay is -0.1; it must be a number and not negative"),
        ("averaging = nan", "averaging is nan"),
        ("cutmix = 1.5", "at most 1"),
        ("base = ['edge']", "not a shipped recipe"),
        ("base = 'egde'", "base is 'egde', not a shipped recipe; did you mean 'edge'"),
        ("max_shift = '4'", "max_shift is str, not int"),
        ("teacher = 'tutorial_cnn'", "teacher and teacher_share must be set together"),
        ("averaging = ", "cannot read the recipe"),
    ],
)
def test_a_wrong_setting_is_named(line: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=reason):
        read_recipe(write(tmp_path, f"{MINE}\n{line}"))


def test_a_recipe_file_builds_on_a_shipped_recipe(tmp_path: Path) -> None:
    path = write(tmp_path, 'base = "edge"\nepochs = 7\n')
    assert read_recipe(path) == dataclasses.replace(RECIPES["edge"], description="mine", epochs=7)


@pytest.mark.parametrize("rate", ["nan", "inf"])
def test_a_learning_rate_that_is_no_number_is_refused(rate: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="learning_rate is "):
        read_recipe(write(tmp_path, f"epochs = 1\nbatch_size = 8\nlearning_rate = {rate}"))


def test_weight_decay_without_an_optimizer_that_knows_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="adam has no weight_decay"):
        read_recipe(write(tmp_path, "epochs = 1\nbatch_size = 8\nweight_decay = 0.1"))


def test_the_name_of_a_shipped_recipe_is_refused_since_cards_would_lie(tmp_path: Path) -> None:
    (tmp_path / "edge.toml").write_text(MINE)
    with pytest.raises(TrainingError, match=r"edge\.toml has the name of a shipped recipe"):
        read_recipe(tmp_path / "edge.toml")


def test_more_shift_than_an_image_has_is_refused(
    edgecnn: Callable[..., Any], small_cifar10: Cifar10Arrays, tmp_path: Path
) -> None:
    ran = edgecnn("train", "--recipe", write(tmp_path, 'base = "edge"\nmax_shift = 40'), "--out", tmp_path / "run")
    assert (ran.status, "at most 31" in ran.err) == (1, True)


@pytest.mark.parametrize("text", ["batch_size = 1", "epochs = 0\nbatch_size = 1"], ids=["none", "zero"])
def test_a_recipe_needs_epochs(text: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="epochs"):
        read_recipe(write(tmp_path, text))


def test_train_follows_a_recipe_file(edgecnn: Callable[..., Any], small_cifar10: Cifar10Arrays, tmp_path: Path) -> None:
    ran = edgecnn("train", "--recipe", write(tmp_path, MINE), "--out", tmp_path / "run")
    assert ran.status == 0
    card = read_card(tmp_path / "run" / "card.json")
    assert (card.recipe, card.epochs, card.settings["optimizer"]) == ("mine", 2, "sgd")


def test_a_missing_recipe_file_is_one_line(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    ran = edgecnn("train", "--recipe", tmp_path / "none.toml", "--out", tmp_path / "run")
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert "cannot read the recipe" in ran.err
