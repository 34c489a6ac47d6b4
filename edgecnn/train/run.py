"""One training from data to a folder: model, card, history and pictures."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgecnn.data.dataset import Dataset
from edgecnn.errors import StoppedError, TrainingError
from edgecnn.files import sha256_file, staging_folder, write_atomic
from edgecnn.models.card import CARD_NAME, ModelCard
from edgecnn.models.framework import import_keras
from edgecnn.models.macs import multiply_accumulates
from edgecnn.models.registry import architecture, find_model_file
from edgecnn.models.score import score
from edgecnn.models.trained import load_trained
from edgecnn.train.checkpoint import CHECKPOINT_NAME, State, Weights, read_state
from edgecnn.train.epoch_end import EpochListener
from edgecnn.train.fit import Fitted, fit
from edgecnn.train.plots import accuracy_curves, confusion_matrix, make_figure, worst_mistakes
from edgecnn.train.precision import usable_precision
from edgecnn.train.recipe import Recipe
from edgecnn.train.split import Split, split_cifar10
from edgecnn.train.start import refuse_learned, starting_weights
from edgecnn.train.teacher import find_teacher
from edgecnn.versions import versions_of

if TYPE_CHECKING:
    import keras

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Trained:
    """A finished or interrupted training: its card, and the folder with its files."""

    card: ModelCard
    folder: Path
    interrupted: bool


def train(
    name: str,
    recipe_name: str,
    recipe: Recipe,
    out: Path,
    *,
    seed: int = 0,
    holdout: int = 0,
    split: Split | None = None,
    start: str = "",
    resume: bool = False,
    hardware: str = "",
    report: EpochListener | None = None,
) -> Trained:
    """Train an architecture and save `model.keras`, `card.json`, `history.json` and pictures.

    While it runs, `checkpoint.npz` in `out` is where it stands; it is removed at the end.

    Args:
        name: of the architecture.
        recipe_name: what the card calls the recipe.
        recipe: with the number of epochs wanted.
        out: folder, made if needed; files of the same names are replaced.
        seed: of weights, order, augmentation and hold-out.
        holdout: training images kept apart to validate on; 0 trains on all 50,000. Ignored where `split` is given.
        split: the user's own images, whose test is looked at once, at the end; None takes the full CIFAR-10.
        start: name or path of a model whose weights are started from; "" draws them.
        resume: go on from the checkpoint in `out`.
        hardware: that it runs on, for the card.
        report: called after each epoch.

    Raises:
        DataError: the full data set was not fetched.
        ModelError: `start` is of another architecture, or the recipe's teacher cannot teach this.
        StoppedError: interrupted before the first epoch ended.
        TrainingError: nothing to resume, or a checkpoint of another training or that nobody asked to resume; the loss
            is no number any more; early stopping without held-out images; or held-out images that `start` learned.
        BackendError: Matplotlib is not installed.
        OutputError: `out` cannot be written.
    """
    make_figure(1, 1)  # that the pictures can be made is found out before the training
    build = architecture(name)
    own = split is not None
    if own:
        recipe = replace(recipe, validates_on_test=False)
    elif start and holdout:
        refuse_learned(start, holdout, seed)
    split = split or split_cifar10(holdout, seed)
    shows_test = recipe.validates_on_test and split.held_out is None
    _check_shift(recipe, split)
    if recipe.patience and split.held_out is None:
        raise TrainingError("early stopping chooses an epoch: hold out training images for it, as with --holdout 5000")
    checkpoint = out / CHECKPOINT_NAME
    if checkpoint.exists() and not resume:
        raise TrainingError(
            f"{checkpoint} is of a training that was stopped: --resume goes on; delete it to start anew"
        )
    learned_from = _hash("teacher", recipe.teacher) | _hash("start", start)
    identity = _identity(name, recipe, split, seed, start) | learned_from
    import_keras().utils.set_random_seed(seed)  # of a last layer that `start` has no weights for
    given = _weights(start, build(len(split.training.class_names)))
    teacher = find_teacher(recipe.teacher, split.training) if recipe.teacher else None
    state = read_state(checkpoint, identity) if resume else State(identity)
    try:
        fitted = fit(
            build,
            recipe,
            split.training,
            validation=split.test if shows_test else split.held_out,
            chooses_by_validation=split.held_out is not None,
            seed=seed,
            start=given,
            teacher=teacher,
            state=state,
            checkpoint=checkpoint,
            report=report,
        )
    except TrainingError:  # to go on from there would end there again
        checkpoint.unlink(missing_ok=True)
        raise
    if fitted.epoch == 0:
        raise StoppedError("stopped before the first epoch ended: nothing was saved")
    settings = {field.name: str(getattr(recipe, field.name)) for field in fields(recipe)}
    settings["holdout"] = str(0 if split.held_out is None else len(split.held_out))
    settings |= learned_from
    probabilities = fitted.model.predict(split.test.images, batch_size=_BATCH, verbose=0)
    card = ModelCard(
        model=name,
        parameters=fitted.model.count_params(),
        recipe=recipe_name,
        settings=settings | {"precision": usable_precision(recipe.precision)} | ({"start": start} if start else {}),
        seed=seed,
        epochs=fitted.epoch,
        seconds=round(fitted.seconds, 1),
        training=split.description,
        data_form="" if own else "lossless 8-bit RGB; expect less on JPEG copies",
        test=score(probabilities, split.test),
        class_names=split.training.class_names,
        sha256="",
        made_with=versions_of("tensorflow", "keras", "numpy"),
        macs=multiply_accumulates(fitted.model),
        hardware=hardware,
    )
    card = _save(card, fitted, out)
    if not fitted.interrupted:
        checkpoint.unlink(missing_ok=True)
    validated_on = "test" if shows_test else "held out"
    for file, content in _pictures(card, fitted, split.test, probabilities, validated_on).items():
        write_atomic(out / file, content)
    return Trained(card, out, fitted.interrupted)


def _check_shift(recipe: Recipe, split: Split) -> None:
    side = min(split.training.images.shape[1:3])
    if recipe.augmentation == "shift-and-flip" and recipe.max_shift >= side:
        raise TrainingError(
            f"max_shift is {recipe.max_shift}; images of {side} pixels can be shifted by {side - 1} at most"
        )


def _identity(name: str, recipe: Recipe, split: Split, seed: int, start: str) -> dict[str, str]:
    settings = {
        f"recipe's {field.name}": str(getattr(recipe, field.name))
        for field in fields(recipe)
        if field.name != "description"
    }
    return {"architecture": name, "seed": str(seed), "start": start, "images": split.sha256, **settings}


def _hash(role: str, name: str) -> dict[str, str]:
    """Return what tells a model from another one of its name; nothing of no model, or of one in a folder."""
    file = find_model_file(name) if name else None
    return {f"{role}_sha256": sha256_file(file)} if file is not None and file.is_file() else {}


def _weights(start: str, untrained: keras.Model) -> Weights | None:
    if not start:
        return None
    return starting_weights(untrained, load_trained(find_model_file(start))[1], start)


def _save(card: ModelCard, fitted: Fitted, out: Path) -> ModelCard:
    with staging_folder(out / "model.keras") as staging:  # in `out`, which may be a mount point
        fitted.model.save(staging / "model.keras")
        card = replace(card, sha256=sha256_file(staging / "model.keras"))
        (staging / CARD_NAME).write_bytes(card.to_json())
        (staging / "history.json").write_text(json.dumps(fitted.history, indent=1) + "\n")
        for file in staging.iterdir():
            file.replace(out / file.name)
    return card


def _pictures(
    card: ModelCard, fitted: Fitted, test: Dataset, probabilities: np.ndarray, validated_on: str
) -> dict[str, bytes]:
    title = f"{card.model}, recipe {card.recipe}: {card.test.top1:.2%} on {card.test.data}"
    return {
        "curves.png": accuracy_curves(fitted.history, title, validated_on),
        "confusion.png": confusion_matrix(probabilities, test, title),
        "mistakes.png": worst_mistakes(probabilities, test),
    }
