"""Fitting a model by a recipe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgecnn.data.dataset import Dataset
from edgecnn.models.framework import import_keras, import_tensorflow
from edgecnn.train.averaging import average_weights
from edgecnn.train.checkpoint import History, State, Weights, write_state
from edgecnn.train.epoch_end import EpochEnd, EpochListener
from edgecnn.train.optimizer import make_optimizer
from edgecnn.train.pipeline import steps_per_epoch, training_batches
from edgecnn.train.precision import layers_compute_in, usable_precision
from edgecnn.train.recipe import Recipe

if TYPE_CHECKING:
    import keras

_VALIDATION_BATCH = 500
_IMAGES_AT_ONCE = 20_000
"""The most training images that Ctrl-C may have to wait for."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """The result of a training.

    Attributes:
        model: with the weights of `epoch`, in float32, not compiled.
        history: one value per epoch for "loss", "accuracy" and, with validation, "val_loss", "val_accuracy".
        epoch: 1-based; the last one, or with patience or after an interruption the best one; 0 if none finished.
        interrupted: stopped with Ctrl-C.
        seconds: of training, including those before a resumption.
    """

    model: keras.Model
    history: History
    epoch: int
    interrupted: bool
    seconds: float


def fit(
    build: Callable[[int], keras.Model],
    recipe: Recipe,
    training: Dataset,
    *,
    validation: Dataset | None = None,
    chooses_by_validation: bool = False,
    seed: int = 0,
    start: Weights | None = None,
    teacher: keras.Model | None = None,
    state: State | None = None,
    checkpoint: Path | None = None,
    report: EpochListener | None = None,
) -> Fitted:
    """Return a model trained by `recipe`.

    Args:
        build: makes the untrained model for a number of classes.
        training: labelled images.
        validation: images whose accuracy is shown after each epoch.
        chooses_by_validation: whether a recipe's patience and an interrupted training keep the epoch with the best
            validation accuracy; False, as it must be where these are test images, has no patience, and an interrupted
            training keeps the epoch with the lowest training loss.
        seed: of weights, order and augmentation.
        start: weights to start from; None draws random ones.
        teacher: whose probabilities are mixed into the targets as the recipe says; None for none.
        state: of an earlier training, to resume from; None starts anew.
        checkpoint: file that the state is written to after each epoch.
        report: called after each epoch.

    Ctrl-C ends the training early; the best finished epoch is kept.

    Raises:
        TrainingError: the loss is no longer a number.
    """
    keras = import_keras()
    keras.utils.set_random_seed(seed)
    class_count, steps = len(training.class_names), steps_per_epoch(training, recipe)
    with layers_compute_in(usable_precision(recipe.precision)):
        model = build(class_count)
    if start is not None:
        model.set_weights(start)
    model.compile(
        optimizer=make_optimizer(recipe, steps * recipe.epochs),
        loss=training.task.loss(recipe.label_smoothing),
        metrics=["accuracy"],
        steps_per_execution=1 if recipe.averaging else at_once(steps, recipe.batch_size),
    )
    state, patience = state or State({}), recipe.patience if chooses_by_validation else 0
    _restore(model, state)
    averaging = average_weights(recipe.averaging, state.averaged) if recipe.averaging else None
    epoch_end = EpochEnd(
        model,
        state,
        "val_accuracy" if chooses_by_validation else "loss",
        patience,
        averaged=averaging.averaged if averaging else None,
        save=None if checkpoint is None else lambda reached: write_state(checkpoint, reached),
        report=report,
    )
    interrupted = False
    if state.epochs < recipe.epochs and not epoch_end.is_spent:
        try:
            model.fit(
                training_batches(
                    training, recipe, class_count, seed, range(state.epochs, recipe.epochs), teacher=teacher
                ),
                initial_epoch=state.epochs,
                epochs=recipe.epochs,
                steps_per_epoch=steps,
                validation_data=_validation_batches(validation, class_count),
                callbacks=[*([averaging] if averaging else []), epoch_end.callback(recipe.epochs)],
                shuffle=False,  # the batches are shuffled already
                verbose=0,
            )
        except KeyboardInterrupt:
            interrupted = True
    chooses = interrupted or patience > 0
    weights, epoch = (state.best_weights, state.best_epoch) if chooses else (epoch_end.latest, state.epochs)
    keras.utils.clear_session()  # layer numbers start anew, whatever was built before
    clean = build(class_count)  # float32, without optimizer state and loss
    if epoch:
        clean.set_weights(weights)
    return Fitted(clean, state.history, epoch, interrupted, state.seconds)


def at_once(steps: int, batch_size: int) -> int:
    """Return how many steps run between returns to Python, which cost a small model a fifth of its time.

    It divides their number, else Keras would take batches of the next epoch for this one: a prime number gives 1.
    """
    most = max(1, min(steps, _IMAGES_AT_ONCE // batch_size))
    return max(count for count in range(1, most + 1) if steps % count == 0)


def _restore(model: Any, state: State) -> None:
    """Set the variables of a compiled model and its optimizer from a state with a finished epoch."""
    if not state.epochs:
        return
    model.set_weights(state.weights)
    model.optimizer.build(model.trainable_variables)
    for variable, value in zip(model.optimizer.variables, state.optimizer, strict=True):
        variable.assign(value)


def _validation_batches(validation: Dataset | None, class_count: int) -> Any:
    if validation is None:
        return None
    tf = import_tensorflow()
    labels = validation.task.targets(validation.known_labels, class_count)
    return tf.data.Dataset.from_tensor_slices((validation.images, labels)).batch(_VALIDATION_BATCH)
