"""One training from data to a folder: model, card, history and curves."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from edgecnn.data.cache import load_arrays
from edgecnn.data.cifar10 import to_dataset
from edgecnn.data.dataset import Dataset
from edgecnn.errors import TrainingError
from edgecnn.files import sha256_file, staging_folder
from edgecnn.models.card import CARD_NAME, ModelCard
from edgecnn.models.registry import architecture
from edgecnn.models.score import score
from edgecnn.train.fit import Fitted, fit
from edgecnn.train.plots import accuracy_curves
from edgecnn.train.recipe import Recipe
from edgecnn.versions import versions_of

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
    verbose: int | str = 0,
) -> Trained:
    """Train an architecture on the full CIFAR-10 and save `model.keras`, `card.json`, `history.json`, `curves.png`.

    Args:
        name: of the architecture.
        recipe_name: what the card calls the recipe.
        recipe: with the number of epochs wanted.
        out: folder, made if needed; files of the same names are replaced.
        seed: of weights, order, augmentation and hold-out.
        holdout: training images kept apart to validate on; 0 trains on all 50,000.
        verbose: as Keras' `fit`.

    Raises:
        DataError: the full data set was not fetched.
        TrainingError: interrupted before the first epoch ended.
        OutputError: `out` cannot be written.
    """
    build = architecture(name)
    arrays = load_arrays()
    full, test = to_dataset(arrays, "train"), to_dataset(arrays, "test")
    training, held_out = _split(full, holdout, seed)
    start = time.perf_counter()
    fitted = fit(
        build,
        recipe,
        training,
        validation=held_out or (test if recipe.validates_on_test else None),
        chooses_by_validation=held_out is not None,
        seed=seed,
        verbose=verbose,
    )
    if fitted.epoch == 0:
        raise TrainingError("stopped before the first epoch ended: nothing was saved")
    card = ModelCard(
        model=name,
        parameters=fitted.model.count_params(),
        recipe=recipe_name,
        settings={field.name: str(getattr(recipe, field.name)) for field in fields(recipe)},
        seed=seed,
        epochs=fitted.epoch,
        seconds=round(time.perf_counter() - start, 1),
        training=f"{len(training):,} images of the CIFAR-10 training split",
        data_form="lossless 8-bit RGB; expect less on JPEG copies",
        test=score(fitted.model.predict(test.images, batch_size=_BATCH, verbose=0), test),
        class_names=full.class_names,
        sha256="",
        made_with=versions_of("tensorflow", "keras", "numpy"),
    )
    return Trained(_save(card, fitted, out), out, fitted.interrupted)


def _split(full: Dataset, holdout: int, seed: int) -> tuple[Dataset, Dataset | None]:
    if not holdout:
        return full, None
    order = np.random.default_rng(seed).permutation(len(full))
    return full.take(np.sort(order[holdout:])), full.take(np.sort(order[:holdout]))


def _save(card: ModelCard, fitted: Fitted, out: Path) -> ModelCard:
    with staging_folder(out) as staging:
        fitted.model.save(staging / "model.keras")
        card = replace(card, sha256=sha256_file(staging / "model.keras"))
        (staging / CARD_NAME).write_bytes(card.to_json())
        (staging / "history.json").write_text(json.dumps(fitted.history, indent=1) + "\n")
        title = f"{card.model}, recipe {card.recipe}: {card.test.top1:.2%} on {card.test.data}"
        (staging / "curves.png").write_bytes(accuracy_curves(fitted.history, title))
        out.mkdir(exist_ok=True)
        for file in staging.iterdir():
            file.replace(out / file.name)
    return card
