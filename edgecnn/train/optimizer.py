"""The optimizer and learning-rate schedule of a recipe."""

from __future__ import annotations

from typing import Any

from edgecnn.models.framework import import_keras
from edgecnn.train.recipe import Recipe

_WARM_UP_SHARE = 0.2
_START_SHARE = 0.05
_MOMENTUM = 0.9


def make_optimizer(recipe: Recipe, steps: int) -> Any:
    """Return the Keras optimizer for a training of `steps` steps in all.

    Raises:
        ValueError: the recipe names no known optimizer or schedule.
    """
    keras = import_keras()
    rate = _learning_rate(recipe, steps)
    if recipe.optimizer == "adamw":
        return keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay)
    if recipe.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=_MOMENTUM, nesterov=True, weight_decay=recipe.weight_decay or None)
    if recipe.optimizer == "adam":
        return keras.optimizers.Adam(rate)
    raise ValueError(f"unknown optimizer {recipe.optimizer!r}")


def _learning_rate(recipe: Recipe, steps: int) -> Any:
    if recipe.schedule == "constant":
        return recipe.learning_rate
    if recipe.schedule != "one-cycle":
        raise ValueError(f"unknown schedule {recipe.schedule!r}")
    warm_up = max(1, int(steps * _WARM_UP_SHARE))
    return import_keras().optimizers.schedules.CosineDecay(
        _START_SHARE * recipe.learning_rate,
        max(1, steps - warm_up),
        warmup_target=recipe.learning_rate,
        warmup_steps=warm_up,
    )
