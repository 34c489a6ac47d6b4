"""An exponential moving average of a model's weights."""

from __future__ import annotations

from typing import Any

from edgecnn.models.framework import import_keras, import_tensorflow
from edgecnn.train.checkpoint import Weights

_EVERY = 5
"""Steps between two updates: an update costs as much as a small layer."""
_YOUNG = 5 * _EVERY
"""First steps, each with an update, so that a short training is averaged too."""


class MovingAverage:
    """The average of variables over time, in separate variables.

    The momentum of update n is at most (n - 1) / (n + 9), so that the random initial weights
    are soon forgotten.

    Source of that bound: `tf.train.ExponentialMovingAverage` with `num_updates`.

    Args:
        variables: TensorFlow variables of floats.
        momentum: share of the old average that is left after an update, 0 to 1.
        start: average to go on from; empty starts with the variables' values.
    """

    def __init__(self, variables: list[Any], momentum: float, start: Weights) -> None:
        tf = import_tensorflow()
        self._variables, self._momentum = variables, momentum
        self._own = [tf.Variable(value, trainable=False) for value in start or variables]
        self._mix = tf.function(self._mix_in, autograph=False)
        self._exchange = tf.function(self._swap, autograph=False)

    def update(self, number: int) -> None:
        """Mix the variables in; the smaller `number`, at least 1, the less remains of the old average."""
        share = 1 - min(self._momentum, (number - 1) / (number + 9))
        self._mix(import_tensorflow().constant(share, "float32"))

    def swap(self) -> None:
        """Swap the variables' values and the average; a second call swaps them back."""
        self._exchange()

    def values(self) -> Weights:
        """Return the average, in the order of the variables."""
        return [own.numpy() for own in self._own]

    def _mix_in(self, share: Any) -> None:
        for own, variable in zip(self._own, self._variables, strict=True):
            own.assign_add(share * (variable - own))

    def _swap(self) -> None:
        tf = import_tensorflow()
        for own, variable in zip(self._own, self._variables, strict=True):
            kept = tf.identity(own)
            own.assign(variable)
            variable.assign(kept)


def average_weights(momentum: float, start: Weights) -> Any:
    """Return a Keras callback that averages weights and batch-norm statistics, and validates with the average.

    Its `averaged()` returns the average.

    Args:
        momentum: share of the old average that is left after one step, 0 to 1.
        start: average to go on from; empty starts with the first weights.
    """
    keras = import_keras()

    class Averaging(keras.callbacks.Callback):  # type: ignore[misc, name-defined]
        def on_train_begin(self, logs: Any = None) -> None:
            variables = [weight.value for weight in self.model.weights]
            self._average = MovingAverage(variables, momentum**_EVERY, start)

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            step = int(self.model.optimizer.iterations.numpy())
            if step < _YOUNG or step % _EVERY == 0:
                self._average.update(max(1, step // _EVERY))

        def on_test_begin(self, logs: Any = None) -> None:
            self._average.swap()

        def on_test_end(self, logs: Any = None) -> None:
            self._average.swap()

        def averaged(self) -> Weights:
            return self._average.values()

    return Averaging()
