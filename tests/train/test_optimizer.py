"""What makes steps cheaper changes none of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edgecnn.models.framework import import_keras
from edgecnn.train.fit import at_once
from edgecnn.train.optimizer import make_optimizer
from edgecnn.train.recipe import RECIPES, Recipe

keras = import_keras()

STEPS = 25


def trained(optimizer: Any) -> list[np.ndarray[Any, Any]]:
    """Return the weights of a small model after some steps."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(4, "relu"), keras.layers.Dense(3, "softmax")])
    model.compile(optimizer, keras.losses.CategoricalCrossentropy())
    generator = np.random.default_rng(0)
    images, targets = generator.normal(size=(STEPS * 8, 5)), np.eye(3)[generator.integers(0, 3, STEPS * 8)]
    model.fit(images, targets, batch_size=8, epochs=1, shuffle=False, verbose=0)
    return [*model.get_weights(), *(variable.numpy() for variable in model.optimizer.variables)]


@pytest.mark.parametrize(
    ("recipe", "own"),
    [
        (RECIPES["tutorial"], keras.optimizers.Adam(1e-3)),
        (replace(RECIPES["tuned"], schedule="constant"), keras.optimizers.AdamW(2e-3, weight_decay=0.02)),
        (replace(RECIPES["edge"], schedule="constant"), keras.optimizers.SGD(0.15, 0.9, True, weight_decay=5e-4)),
    ],
    ids=["adam", "adamw", "sgd"],
)
def test_an_optimizer_moves_weights_as_keras_own_does_and_has_the_same_state(recipe: Recipe, own: Any) -> None:
    ours, theirs = trained(make_optimizer(recipe, STEPS)), trained(own)
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["_get_variable_index", "_momentums", "_velocities"])
def test_keras_still_has_the_private_names_that_the_one_pass_adam_uses(name: str) -> None:
    optimizer = keras.optimizers.Adam()
    optimizer.build([keras.Variable([0.0])])
    assert hasattr(optimizer, name), f"Keras {keras.__version__} has no Adam.{name}: write OnePassAdam without it"


@pytest.mark.parametrize(
    ("steps", "batch_size", "expected"), [(1563, 32, 521), (391, 128, 23), (1, 32, 1), (601, 32, 601), (1567, 32, 1)]
)
def test_so_many_steps_at_once_end_with_the_epoch_and_are_not_too_many(
    steps: int, batch_size: int, expected: int
) -> None:
    assert at_once(steps, batch_size) == expected
    assert steps % expected == 0
