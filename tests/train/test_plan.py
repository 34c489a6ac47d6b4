"""What is trained is decided, and refused, before anything is learned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgecnn.data.dataset import Dataset
from edgecnn.errors import TrainingError
from edgecnn.train.plan import TrainingPlan, make_plan
from edgecnn.train.recipe import RECIPES
from edgecnn.train.recipe_file import find_recipe
from tests.conftest import save_npz

TUTORIAL = RECIPES["tutorial"]


@pytest.fixture
def data(tmp_path: Path) -> str:
    """Return 60 images of three classes in the size of CIFAR-10's."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (60, 32, 32, 3), np.uint8)
    names = ("dark", "middling", "bright")
    ids = tuple(map(str, range(60)))
    return str(save_npz(tmp_path / "own.npz", Dataset("own", images, np.arange(60, dtype=np.int64) % 3, names, ids)))


def plan(data: str, holdout: int = 0, **changes: object) -> TrainingPlan:
    recipe = replace(TUTORIAL, **changes)  # type: ignore[arg-type]
    return make_plan("tutorial_cnn", "tutorial", recipe, data=data, holdout=holdout)


def test_own_images_make_the_model_and_are_not_shown_before_the_end(data: str) -> None:
    own = plan(data)
    assert TUTORIAL.validates_on_test
    assert not own.shows_test
    assert own.build().output_shape == (None, 3)
    assert (len(own.split.training), own.split.held_out, len(own.split.test)) == (54, None, 6)


def test_a_patience_needs_images_to_choose_by(data: str) -> None:
    with pytest.raises(TrainingError, match="hold out training images for it"):
        plan(data, patience=3)
    assert plan(data, patience=3, holdout=6).recipe.patience == 3


def test_images_too_small_for_the_recipe_are_refused(data: str) -> None:
    with pytest.raises(TrainingError, match="max_shift is 32; images of 32 pixels can be shifted by at most 31"):
        plan(data, augmentation="shift-and-flip", max_shift=32)


def test_a_checkpoint_is_of_one_seed_recipe_start_and_set_of_images(data: str) -> None:
    first = plan(data)
    others = (
        replace(first, seed=1),
        replace(first, recipe=replace(first.recipe, epochs=99)),
        replace(first, start="tutorial_cnn"),
        plan(data, holdout=6),
    )
    assert first.identity() == plan(data).identity()
    assert all(other.identity() != first.identity() for other in others)
    assert "start_sha256" in replace(first, start="tutorial_cnn").identity()
    described = replace(first, recipe=replace(first.recipe, description="in other words"))
    assert described.identity() == first.identity()


def test_a_recipe_is_found_by_name_or_by_its_file(tmp_path: Path) -> None:
    assert find_recipe("edge") == ("edge", RECIPES["edge"])
    file = tmp_path / "mine.toml"
    file.write_text('base = "edge"\nepochs = 3\n')
    name, recipe = find_recipe(str(file))
    assert (name, recipe.epochs) == ("mine", 3)
