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
from edgecnn.models.score import Score, score
from edgecnn.models.trained import load_trained
from edgecnn.train.checkpoint import CHECKPOINT_NAME, State, Weights, read_state
from edgecnn.train.epoch_end import EpochListener
from edgecnn.train.fit import Fitted, fit
from edgecnn.train.plan import TrainingPlan
from edgecnn.train.plots import accuracy_curves, confusion_matrix, make_figure, worst_mistakes
from edgecnn.train.precision import usable_precision
from edgecnn.train.start import starting_weights
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
    plan: TrainingPlan,
    out: Path,
    *,
    resume: bool = False,
    hardware: str = "",
    report: EpochListener | None = None,
) -> Trained:
    """Train an architecture and save `model.keras`, `card.json`, `history.json` and pictures.

    While it runs, `checkpoint.npz` in `out` holds its state; it is removed at the end.

    Args:
        plan: what to train, and on which images.
        out: folder, made if needed; files of the same names are replaced.
        resume: resume from the checkpoint in `out`.
        hardware: the machine, for the card.
        report: called after each epoch.

    Raises:
        ModelError: `plan.start` is of another architecture, or the recipe's teacher cannot teach this.
        StoppedError: interrupted before the first epoch ended.
        TrainingError: nothing to resume, a checkpoint of another training, a checkpoint without `resume`, or a loss
            that is no longer a number.
        BackendError: Matplotlib is not installed.
        OutputError: `out` cannot be written.
    """
    make_figure(1, 1)  # fail before the training if pictures cannot be made
    checkpoint = out / CHECKPOINT_NAME
    if checkpoint.exists() and not resume:
        raise TrainingError(
            f"{checkpoint} is from a stopped training: add --resume to continue, or delete it to start anew"
        )
    fitted = _fit(plan, checkpoint, resume=resume, report=report)
    test = plan.split.test
    probabilities = fitted.model.predict(test.images, batch_size=_BATCH, verbose=0)
    card = _save(_card(plan, fitted, score(probabilities, test), hardware), fitted, out)
    if not fitted.interrupted:
        checkpoint.unlink(missing_ok=True)
    validated_on = "test" if plan.shows_test else "held out"
    for file, content in _pictures(card, fitted, test, probabilities, validated_on).items():
        write_atomic(out / file, content)
    return Trained(card, out, fitted.interrupted)


def _fit(plan: TrainingPlan, checkpoint: Path, *, resume: bool, report: EpochListener | None) -> Fitted:
    split, identity = plan.split, plan.identity()
    import_keras().utils.set_random_seed(plan.seed)  # of a last layer that `start` has no weights for
    start = _weights(plan.start, plan.build())
    teacher = find_teacher(plan.recipe.teacher, split.training) if plan.recipe.teacher else None
    state = read_state(checkpoint, identity) if resume else State(identity)
    try:
        fitted = fit(
            architecture(plan.name),
            plan.recipe,
            split.training,
            validation=split.test if plan.shows_test else split.held_out,
            chooses_by_validation=split.held_out is not None,
            seed=plan.seed,
            start=start,
            teacher=teacher,
            state=state,
            checkpoint=checkpoint,
            report=report,
        )
    except TrainingError:  # resuming from there would end there again
        checkpoint.unlink(missing_ok=True)
        raise
    if fitted.epoch == 0:
        raise StoppedError("stopped before the first epoch ended: nothing was saved")
    return fitted


def _weights(start: str, untrained: keras.Model) -> Weights | None:
    if not start:
        return None
    return starting_weights(untrained, load_trained(find_model_file(start))[1], start)


def _card(plan: TrainingPlan, fitted: Fitted, test: Score, hardware: str) -> ModelCard:
    recipe, held_out = plan.recipe, plan.split.held_out
    settings = {field.name: str(getattr(recipe, field.name)) for field in fields(recipe)}
    settings["holdout"] = str(0 if held_out is None else len(held_out))
    settings |= plan.learned_from()
    settings["precision"] = usable_precision(recipe.precision)
    return ModelCard(
        model=plan.name,
        parameters=fitted.model.count_params(),
        recipe=plan.recipe_name,
        settings=settings | ({"start": plan.start} if plan.start else {}),
        seed=plan.seed,
        epochs=fitted.epoch,
        seconds=round(fitted.seconds, 1),
        training=plan.split.description,
        data_form=plan.split.data_form,
        test=test,
        class_names=plan.split.training.class_names,
        sha256="",
        made_with=versions_of("tensorflow", "keras", "numpy"),
        macs=multiply_accumulates(fitted.model),
        hardware=hardware,
        cifar10_held_out=plan.split.cifar10_held_out,
    )


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
    pictures = {
        "curves.png": accuracy_curves(fitted.history, title, validated_on),
        "confusion.png": confusion_matrix(probabilities, test, title),
        "mistakes.png": worst_mistakes(probabilities, test),
    }
    return {name: content for name, content in pictures.items() if content is not None}
