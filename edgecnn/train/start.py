"""Weights to start a training from: those of a trained model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgecnn.errors import ModelError, TrainingError
from edgecnn.files import sha256_file
from edgecnn.models.card import CARD_NAME, read_card
from edgecnn.models.registry import find_model_file
from edgecnn.train.checkpoint import Weights

if TYPE_CHECKING:
    import keras


def starting_weights(untrained: keras.Model, trained: keras.Model, name: str) -> Weights:
    """Return the weights of `trained` for `untrained`, whose last layer may have another number of classes.

    The last layer keeps its random weights then; all others must have the same shapes.

    Raises:
        ModelError: the models are not of one architecture.
    """
    own: Weights = untrained.get_weights()
    given: Weights = trained.get_weights()
    last = len(untrained.layers[-1].get_weights())
    body = len(own) - last
    if len(own) != len(given) or any(a.shape != b.shape for a, b in zip(own[:body], given[:body], strict=True)):
        raise ModelError(f"{name} has other layers than {untrained.name}: its weights cannot be taken")
    fits = all(a.shape == b.shape for a, b in zip(own[body:], given[body:], strict=True))
    return given if fits else given[:body] + own[body:]


def refuse_learned(start: str, holdout: int, seed: int) -> None:
    """Refuse weights that learned some of the images of CIFAR-10 that a training is to be chosen by.

    Known of a model with a card of its own; what has none is taken as it is.

    Args:
        start: name or path of the model.
        holdout: images that are kept apart, 1 or more.
        seed: by which they are drawn.

    Raises:
        ModelError: no such model.
        TrainingError: they were not kept apart when it was trained.
    """
    file = find_model_file(start)
    if not (file.is_file() and (file.parent / CARD_NAME).is_file()):
        return
    card = read_card(file.parent / CARD_NAME)
    apart = card.cifar10_held_out
    if card.sha256 != sha256_file(file) or apart is None or (card.seed == seed and holdout <= apart):
        return
    instead = f"take --seed {card.seed} and at most --holdout {apart}" if apart else "leave --holdout out"
    raise TrainingError(f"{start} learned images that would be held out, and would seem better on them: {instead}")
