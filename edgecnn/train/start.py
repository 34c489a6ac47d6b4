"""Weights to start a training from: those of a trained model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgecnn.errors import ModelError
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
