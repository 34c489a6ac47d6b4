"""Starting a training from the weights of a trained model."""

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

    In that case the last layer keeps its random weights; all others must have the same shapes.

    Raises:
        ModelError: the models are not of one architecture.
    """
    own: Weights = untrained.get_weights()
    given: Weights = trained.get_weights()
    last = len(untrained.layers[-1].get_weights())
    body = len(own) - last
    if len(own) != len(given) or any(a.shape != b.shape for a, b in zip(own[:body], given[:body], strict=True)):
        raise ModelError(f"{name} has other layers than {untrained.name}: its weights do not fit")
    fits = all(a.shape == b.shape for a, b in zip(own[body:], given[body:], strict=True))
    return given if fits else given[:body] + own[body:]


def refuse_learned(start: str, holdout: int, seed: int) -> None:
    """Refuse weights that learned some of the CIFAR-10 images to be held out.

    This is known only for a model with its own card; others are accepted.

    Args:
        start: name or path of the model.
        holdout: number of images to hold out, at least 1.
        seed: for drawing them.

    Raises:
        ModelError: no such model.
        TrainingError: they were not held out when it was trained.
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
