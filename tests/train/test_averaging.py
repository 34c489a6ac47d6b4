"""The moving average of the weights, by exact numbers."""

from __future__ import annotations

import numpy as np
import pytest

from edgecnn.data.sample import load_calibration_sample
from edgecnn.models.registry import architecture
from edgecnn.train.averaging import MovingAverage
from edgecnn.train.fit import fit
from edgecnn.train.recipe import Recipe


def test_a_young_average_forgets_the_start_and_an_old_one_moves_by_its_momentum() -> None:
    import tensorflow as tf

    variable = tf.Variable([8.0, 4.0])
    average = MovingAverage([variable], 0.5, [])
    variable.assign([2.0, 6.0])
    average.update(1)  # momentum (1 - 1) / (1 + 9) = 0
    np.testing.assert_allclose(average.values()[0], [2, 6])
    variable.assign([4.0, 0.0])
    average.update(1000)  # momentum 0.5
    np.testing.assert_allclose(average.values()[0], [3, 3])


def test_swapping_twice_leaves_everything_as_it_was() -> None:
    import tensorflow as tf

    variable = tf.Variable([1.0])
    average = MovingAverage([variable], 0.5, [np.array([5.0], np.float32)])
    average.swap()
    assert [float(variable[0]), float(average.values()[0][0])] == [5, 1]
    average.swap()
    assert [float(variable[0]), float(average.values()[0][0])] == [1, 5]


def test_averaged_weights_are_kept_and_validated() -> None:
    some = load_calibration_sample().take(np.arange(160))
    plain = Recipe("plain", epochs=2, batch_size=16)
    averaged = Recipe("averaged", epochs=2, batch_size=16, averaging=0.95)
    build = architecture("tutorial_cnn")
    last, mean = (fit(build, recipe, some, validation=some, seed=1) for recipe in (plain, averaged))
    assert last.history["loss"] == mean.history["loss"]  # averaging does not change the training
    assert max(np.abs(a - b).max() for a, b in zip(last.model.get_weights(), mean.model.get_weights(), strict=True)) > 0
    right = np.mean(mean.model.predict(some.images, verbose=0).argmax(axis=1) == some.labels)
    assert mean.history["val_accuracy"][-1] == pytest.approx(right)
