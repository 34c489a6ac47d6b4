"""The optimizer and learning-rate schedule of a recipe."""

from __future__ import annotations

from typing import Any

from edgecnn.models.framework import import_keras, import_tensorflow
from edgecnn.train.recipe import Recipe

_WARM_UP_SHARE = 0.2
_START_SHARE = 0.05
_MOMENTUM = 0.9


def make_optimizer(recipe: Recipe, steps: int) -> Any:
    """Return the Keras optimizer for a training of `steps` steps in all.

    Raises:
        ValueError: the recipe names no known optimizer or schedule.
    """
    keras = import_keras()
    rate = _learning_rate(recipe, steps)
    if recipe.optimizer == "adamw":
        return _one_pass_adam()(rate, weight_decay=recipe.weight_decay)
    if recipe.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=_MOMENTUM, nesterov=True, weight_decay=recipe.weight_decay or None)
    if recipe.optimizer == "adam":
        return _one_pass_adam()(rate)
    raise ValueError(f"unknown optimizer {recipe.optimizer!r}")


def _one_pass_adam() -> Any:
    """Return Keras' Adam with TensorFlow's own kernel, which updates the weights in one pass instead of ten.

    With small batches this saves a sixth of the time of a small model with a wide dense layer. It uses private names of
    Keras' Adam, because there are no public ones; tests/train/test_optimizer.py reports any that a new Keras lacks.
    """
    keras, tf = import_keras(), import_tensorflow()

    class OnePassAdam(keras.optimizers.Adam):  # type: ignore[misc,name-defined]
        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            dtype, place = variable.dtype, self._get_variable_index(variable)
            step = tf.cast(self.iterations + 1, dtype)
            beta_1, beta_2 = tf.constant(self.beta_1, dtype), tf.constant(self.beta_2, dtype)
            tf.raw_ops.ResourceApplyAdam(
                var=_handle(variable),
                m=_handle(self._momentums[place]),
                v=_handle(self._velocities[place]),
                beta1_power=beta_1**step,
                beta2_power=beta_2**step,
                lr=tf.cast(learning_rate, dtype),
                beta1=beta_1,
                beta2=beta_2,
                epsilon=tf.constant(self.epsilon, dtype),
                grad=gradient,
            )

    return OnePassAdam


def _handle(variable: Any) -> Any:
    """Return the resource behind a TensorFlow variable or a Keras one."""
    return variable.handle if hasattr(variable, "handle") else variable.value.handle


def _learning_rate(recipe: Recipe, steps: int) -> Any:
    if recipe.schedule == "constant":
        return recipe.learning_rate
    if recipe.schedule != "one-cycle":
        raise ValueError(f"unknown schedule {recipe.schedule!r}")
    warm_up = max(1, int(steps * _WARM_UP_SHARE))
    return import_keras().optimizers.schedules.CosineDecay(
        _START_SHARE * recipe.learning_rate,
        max(1, steps - warm_up),
        warmup_target=recipe.learning_rate,
        warmup_steps=warm_up,
    )
