"""Recipes that users declare in a file of their own, as TOML."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path

from edgecnn.errors import TrainingError, nearest
from edgecnn.schema import SchemaError, decode
from edgecnn.train.recipe import Recipe

RECIPE_SUFFIX = ".toml"

_CHOICES = {
    "optimizer": ("adam", "adamw", "sgd"),
    "schedule": ("constant", "one-cycle"),
    "augmentation": ("none", "shift-and-flip"),
    "precision": ("float32", "bfloat16"),
}
_SHARES = ("label_smoothing", "averaging", "teacher_share")
_POSITIVE = ("epochs", "batch_size")


def read_recipe(path: Path) -> Recipe:
    """Return the recipe in a TOML file, whose keys are the attributes of `Recipe`; what is left out has its default.

    Raises:
        TrainingError: no such file, no TOML, or a setting that is unknown or out of its range.
    """
    try:
        settings = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TrainingError(f"cannot read the recipe {path}: {error}") from error
    known = [field.name for field in fields(Recipe)]
    for name in settings:
        if name not in known:
            raise TrainingError(f"{path}: no setting named {name!r}{nearest(name, known)}")
    try:
        recipe: Recipe = decode(Recipe, {"description": path.stem, **settings})
    except SchemaError as error:
        raise TrainingError(f"{path}: {error}") from error
    _check(recipe, path)
    return recipe


def _check(recipe: Recipe, path: Path) -> None:
    for name, allowed in _CHOICES.items():
        if (value := getattr(recipe, name)) not in allowed:
            raise TrainingError(f"{path}: {name} is {value!r}, not one of {', '.join(allowed)}")
    for name in _SHARES:
        if not 0 <= (value := getattr(recipe, name)) < 1:
            raise TrainingError(f"{path}: {name} is {value}; it must be 0 or more and less than 1")
    for name in _POSITIVE:
        if (value := getattr(recipe, name)) < 1:
            raise TrainingError(f"{path}: {name} is {value}; it must be 1 or more")
    for name in ("learning_rate", "weight_decay", "max_shift", "cutout", "patience"):
        if (value := getattr(recipe, name)) < 0:
            raise TrainingError(f"{path}: {name} is {value}; it must not be negative")
    if bool(recipe.teacher) != bool(recipe.teacher_share):
        raise TrainingError(f"{path}: teacher and teacher_share go together")
