"""User-defined recipes in TOML files."""

from __future__ import annotations

import math
import tomllib
from dataclasses import asdict, fields
from pathlib import Path

from edgecnn.errors import TrainingError, nearest
from edgecnn.schema import SchemaError, decode
from edgecnn.train.recipe import RECIPES, Recipe

RECIPE_SUFFIX = ".toml"
_BASE = "base"

_CHOICES = {
    "optimizer": ("adam", "adamw", "sgd"),
    "schedule": ("constant", "one-cycle"),
    "augmentation": ("none", "shift-and-flip"),
    "precision": ("float32", "bfloat16"),
}
_SHARES = ("label_smoothing", "averaging", "teacher_share")
_POSITIVE = ("epochs", "batch_size")


def find_recipe(text: str) -> tuple[str, Recipe]:
    """Return the name and recipe for a shipped recipe's name or the path of a TOML file.

    Raises:
        TrainingError: as `read_recipe`.
    """
    return (text, RECIPES[text]) if text in RECIPES else (Path(text).stem, read_recipe(Path(text)))


def read_recipe(path: Path) -> Recipe:
    """Return the recipe in a TOML file, whose keys are the attributes of `Recipe`.

    Missing keys come from the shipped recipe that `base` names; without a base they have their defaults, and `epochs`
    and `batch_size` are required.

    Raises:
        TrainingError: no such file, invalid TOML, the name of a shipped recipe, a missing, unknown or
            out-of-range setting, or incompatible settings.
    """
    if path.stem in RECIPES:
        raise TrainingError(f"{path} has the name of a shipped recipe; give the file another, for the model's card")
    try:
        settings = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TrainingError(f"cannot read the recipe {path}: {error}") from error
    base = settings.pop(_BASE, None)
    if base is not None and not (isinstance(base, str) and base in RECIPES):
        raise TrainingError(f"{path}: {_BASE} is {base!r}, not a shipped recipe{nearest(str(base), RECIPES)}")
    known = [*(field.name for field in fields(Recipe)), _BASE]
    for name in settings:
        if name not in known:
            raise TrainingError(f"{path}: no setting named {name!r}{nearest(name, known)}")
    try:
        start = asdict(RECIPES[base]) if base else {}
        recipe: Recipe = decode(Recipe, {**start, "description": path.stem, **settings})
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
    for name in ("learning_rate", "weight_decay", "max_shift", "cutout", "cutmix", "patience"):
        if not 0 <= (value := getattr(recipe, name)) < math.inf:
            raise TrainingError(f"{path}: {name} is {value}; it must be a number and not negative")
    _check_pairs(recipe, path)


def _check_pairs(recipe: Recipe, path: Path) -> None:
    if bool(recipe.teacher) != bool(recipe.teacher_share):
        raise TrainingError(f"{path}: teacher and teacher_share must be set together")
    if recipe.cutmix > 1:
        raise TrainingError(f"{path}: cutmix is {recipe.cutmix}, a share of the images: at most 1")
    if recipe.weight_decay and recipe.optimizer == "adam":
        raise TrainingError(f"{path}: adam has no weight_decay; adamw and sgd do")
