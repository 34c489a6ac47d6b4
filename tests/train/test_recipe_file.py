"""Recipes of the user's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgecnn.data.cifar10 import Arrays
from edgecnn.errors import TrainingError
from edgecnn.models.card import read_card
from edgecnn.train.recipe import Recipe
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
        ("weight_decay = -0.1", "must not be negative"),
        ("max_shift = '4'", "max_shift is str, not int"),
        ("teacher = 'tutorial_cnn'", "teacher and teacher_share go together"),
        ("averaging = ", "cannot read the recipe"),
    ],
)
def test_a_wrong_setting_is_named(line: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=reason):
        read_recipe(write(tmp_path, f"{MINE}\n{line}"))


@pytest.mark.parametrize("text", ["batch_size = 1", "epochs = 0\nbatch_size = 1"], ids=["none", "zero"])
def test_a_recipe_needs_epochs(text: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="epochs"):
        read_recipe(write(tmp_path, text))


def test_train_follows_a_recipe_file(edgecnn: Callable[..., Any], small_cifar10: Arrays, tmp_path: Path) -> None:
    ran = edgecnn("train", "--recipe", write(tmp_path, MINE), "--out", tmp_path / "run")
    assert ran.status == 0
    card = read_card(tmp_path / "run" / "card.json")
    assert (card.recipe, card.epochs, card.settings["optimizer"]) == ("mine", 2, "sgd")


def test_a_missing_recipe_file_is_one_line(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    ran = edgecnn("train", "--recipe", tmp_path / "none.toml", "--out", tmp_path / "run")
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert "cannot read the recipe" in ran.err
