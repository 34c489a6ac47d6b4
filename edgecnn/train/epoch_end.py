"""Keeping, saving and reporting after each epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edgecnn.errors import TrainingError
from edgecnn.models.framework import import_keras
from edgecnn.train.checkpoint import State, Weights


@dataclass(frozen=True, slots=True)
class Epoch:
    """The progress after an epoch.

    Attributes:
        number, of: 1-based number, and the total in the recipe.
        values: "loss", "accuracy" and, with validation, "val_loss", "val_accuracy".
        seconds, seconds_left: of this epoch, and of the rest at the average pace of this run.
    """

    number: int
    of: int
    values: dict[str, float]
    seconds: float
    seconds_left: float


EpochListener = Callable[[Epoch], None]


class EpochEnd:
    """Updates the state of a training after each epoch.

    Args:
        model: to train, compiled.
        state: changed in place.
        quantity: name of the value that selects the best epoch; lower is better for "loss", higher for others.
        patience: stop after this many epochs without improvement; 0 never stops.
        averaged: returns the averaged weights, to be kept; None keeps the model's own.
        save: called with the state after each epoch.
        report: called with the progress.
    """

    def __init__(
        self,
        model: Any,
        state: State,
        quantity: str,
        patience: int,
        *,
        averaged: Callable[[], Weights] | None = None,
        save: Callable[[State], None] | None = None,
        report: EpochListener | None = None,
    ) -> None:
        self._model, self._state, self._quantity, self._patience = model, state, quantity, patience
        self._averaged, self._save, self._report = averaged, save, report
        self._epochs_before, self._seconds_before = state.epochs, state.seconds
        self._run_began = self._epoch_began = time.perf_counter()

    def callback(self, epochs: int) -> Any:
        """Return the Keras callback that calls this; `epochs` is the total number."""
        return import_keras().callbacks.LambdaCallback(
            on_epoch_begin=lambda _epoch, _logs: self._begin(),
            on_epoch_end=lambda _epoch, logs: self._end({name: float(value) for name, value in logs.items()}, epochs),
        )

    @property
    def latest(self) -> Weights:
        """The weights to keep from the last finished epoch."""
        return self._state.averaged or self._state.weights

    @property
    def is_spent(self) -> bool:
        """Whether the patience is exhausted."""
        return 0 < self._patience <= self._state.epochs - self._state.best_epoch

    def _begin(self) -> None:
        self._epoch_began = time.perf_counter()

    def _end(self, values: dict[str, float], epochs: int) -> None:
        state, now = self._state, time.perf_counter()
        if not math.isfinite(values["loss"]):
            raise TrainingError(
                f"the loss is {values['loss']} in epoch {state.epochs + 1}: training has diverged; start again "
                "with a smaller learning_rate in the recipe"
            )
        for name, value in values.items():
            state.history.setdefault(name, []).append(value)
        state.weights = self._model.get_weights()
        state.optimizer = [variable.numpy() for variable in self._model.optimizer.variables]
        state.averaged = self._averaged() if self._averaged else []
        goodness = -values[self._quantity] if self._quantity == "loss" else values[self._quantity]
        if goodness > state.best:
            state.best, state.best_epoch, state.best_weights = goodness, state.epochs, self.latest
        state.seconds = self._seconds_before + now - self._run_began
        if self._save:
            self._save(state)
        if self._report:
            mean = (now - self._run_began) / (state.epochs - self._epochs_before)
            left = (epochs - state.epochs) * mean
            self._report(Epoch(state.epochs, epochs, values, now - self._epoch_began, left))
        if self.is_spent:
            self._model.stop_training = True
