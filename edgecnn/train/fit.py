"""Fitting a model by a recipe."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgecnn.data.dataset import Dataset
from edgecnn.models.framework import import_keras, import_tensorflow
from edgecnn.train.pipeline import training_batches
from edgecnn.train.recipe import Recipe

if TYPE_CHECKING:
    import keras

_VALIDATION_BATCH = 500
_WARM_UP_SHARE = 0.2
_START_SHARE = 0.05

History = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Fitted:
    """What came of a training.

    Attributes:
        model: with the weights of `epoch`, not compiled.
        history: one value an epoch for "loss", "accuracy" and, where there was validation, "val_loss", "val_accuracy".
        epoch: 1-based; the last one, or after an interruption the best one so far; 0 if none was finished.
        interrupted: stopped with Ctrl-C.
    """

    model: keras.Model
    history: History
    epoch: int
    interrupted: bool


def fit(
    build: Callable[[int], keras.Model],
    recipe: Recipe,
    training: Dataset,
    *,
    validation: Dataset | None = None,
    chooses_by_validation: bool = False,
    seed: int = 0,
    verbose: int | str = 0,
) -> Fitted:
    """Return a model trained by `recipe`.

    Args:
        build: makes the untrained model for a number of classes.
        training: labelled images.
        validation: images whose accuracy is shown after each epoch.
        chooses_by_validation: whether an interrupted training keeps the epoch with the best validation accuracy;
            False, as it must be where these are test images, keeps the one with the lowest training loss.
        seed: of weights, order and augmentation.
        verbose: as Keras' `fit`.

    Ctrl-C ends the training early; the best finished epoch is kept.
    """
    keras = import_keras()
    keras.utils.set_random_seed(seed)
    class_count = len(training.class_names)
    model = build(class_count)
    model.compile(
        optimizer=_optimizer(recipe, math.ceil(len(training) / recipe.batch_size)),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
        metrics=["accuracy"],
    )
    watch = _watch("val_accuracy" if chooses_by_validation else "loss")
    interrupted = False
    try:
        model.fit(
            training_batches(training, recipe, class_count, seed),
            epochs=recipe.epochs,
            validation_data=_validation_batches(validation, class_count),
            callbacks=[watch],
            shuffle=False,  # the batches are shuffled already
            verbose=verbose,
        )
    except KeyboardInterrupt:
        interrupted = True
    weights, epoch = (watch.best_weights, watch.best_epoch) if interrupted else (model.get_weights(), recipe.epochs)
    clean = build(class_count)  # without optimizer state and loss
    if weights is not None:
        clean.set_weights(weights)
    return Fitted(clean, watch.history, epoch, interrupted)


def _validation_batches(validation: Dataset | None, class_count: int) -> Any:
    if validation is None:
        return None
    tf = import_tensorflow()
    labels = tf.one_hot(validation.labels, class_count)
    return tf.data.Dataset.from_tensor_slices((validation.images, labels)).batch(_VALIDATION_BATCH)


def _optimizer(recipe: Recipe, steps_per_epoch: int) -> Any:
    keras = import_keras()
    rate = recipe.learning_rate
    if recipe.schedule == "one-cycle":
        total = steps_per_epoch * recipe.epochs
        warm_up = max(1, int(total * _WARM_UP_SHARE))
        rate = keras.optimizers.schedules.CosineDecay(
            _START_SHARE * recipe.learning_rate,
            max(1, total - warm_up),
            warmup_target=recipe.learning_rate,
            warmup_steps=warm_up,
        )
    if recipe.optimizer == "adamw":
        return keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay)
    return keras.optimizers.Adam(rate)


def _watch(quantity: str) -> Any:
    """Return a Keras callback that keeps the history and the weights of the best finished epoch."""
    keras = import_keras()

    class Watch(keras.callbacks.Callback):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.history: History = {}
            self.best_weights: list[np.ndarray[Any, Any]] | None = None
            self.best_epoch = 0
            self._best = -math.inf

        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            for name, value in (logs or {}).items():
                self.history.setdefault(name, []).append(float(value))
            latest = (logs or {})[quantity] * (-1 if quantity == "loss" else 1)
            if latest > self._best:
                self._best, self.best_epoch, self.best_weights = latest, epoch + 1, self.model.get_weights()

    return Watch()
