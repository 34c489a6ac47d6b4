"""A training plan: architecture, recipe, images, and everything else that the result depends on."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from edgecnn.errors import TrainingError
from edgecnn.files import sha256_file
from edgecnn.models.registry import architecture, find_model_file
from edgecnn.train.recipe import Recipe
from edgecnn.train.split import Split, split_cifar10, split_own
from edgecnn.train.start import refuse_learned

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """One training, before it starts.

    Attributes:
        name: of the architecture.
        recipe_name: what the card calls the recipe.
        recipe: with the requested number of epochs.
        split: the images; the test set is used once, at the end, unless the recipe shows it.
        seed: of weights, order and augmentation.
        start: name or path of a model whose weights are started from; "" draws them.
    """

    name: str
    recipe_name: str
    recipe: Recipe
    split: Split
    seed: int = 0
    start: str = ""

    @property
    def shows_test(self) -> bool:
        """Whether the accuracy after each epoch is measured on the test images."""
        return self.recipe.validates_on_test and self.split.held_out is None

    def build(self) -> keras.Model:
        """Return the untrained model."""
        return architecture(self.name)(len(self.split.training.class_names))

    def learned_from(self) -> dict[str, str]:
        """Return the SHA-256 of the teacher and of the model started from, if they are files."""
        return _hash("teacher", self.recipe.teacher) | _hash("start", self.start)

    def identity(self) -> dict[str, str]:
        """Return what must match the identity in a checkpoint to resume from it."""
        settings = {
            f"recipe's {field.name}": str(getattr(self.recipe, field.name))
            for field in fields(self.recipe)
            if field.name != "description"
        }
        return {
            "architecture": self.name,
            "seed": str(self.seed),
            "start": self.start,
            "images": self.split.sha256,
            **settings,
            **self.learned_from(),
        }


def make_plan(
    name: str,
    recipe_name: str,
    recipe: Recipe,
    *,
    data: str | None = None,
    test: str | None = None,
    holdout: int = 0,
    seed: int = 0,
    start: str = "",
) -> TrainingPlan:
    """Return a training plan, with its images read and split.

    Args:
        name: of the architecture.
        recipe_name: what the card calls the recipe.
        recipe: with the number of epochs wanted.
        data: the user's own images, which `split_own` reads; None takes the full CIFAR-10.
        test: images for the final test; None takes a tenth of `data`.
        holdout: training images to set aside for validation; 0 for none.
        seed: of weights, order, augmentation and hold-out.
        start: name or path of a model whose weights are started from; "" draws them.

    Raises:
        DataError: the full data set was not fetched, or `split_own` refuses the images.
        ModelError: there is no model named `start`.
        TrainingError: early stopping without held-out images, held-out images that `start` learned, or images that are
            too small for the recipe.
    """
    if data is not None:
        recipe = replace(recipe, validates_on_test=False)
        split = split_own(data, test, architecture(name)(1).input_shape[1:], holdout, seed)
    else:
        if start and holdout:
            refuse_learned(start, holdout, seed)
        split = split_cifar10(holdout, seed)
    _check(recipe, split)
    return TrainingPlan(name, recipe_name, recipe, split, seed, start)


def _check(recipe: Recipe, split: Split) -> None:
    side = min(split.training.images.shape[1:3])
    if recipe.augmentation == "shift-and-flip" and recipe.max_shift >= side:
        raise TrainingError(
            f"max_shift is {recipe.max_shift}; images of {side} pixels can be shifted by at most {side - 1}"
        )
    if recipe.patience and split.held_out is None:
        raise TrainingError(
            "early stopping chooses an epoch: hold out training images for it, such as with --holdout 5000"
        )


def _hash(role: str, name: str) -> dict[str, str]:
    """Return what distinguishes a model from another of its name; nothing for no model, or one in a folder."""
    file = find_model_file(name) if name else None
    return {f"{role}_sha256": sha256_file(file)} if file is not None and file.is_file() else {}
