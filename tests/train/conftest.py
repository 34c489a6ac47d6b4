"""Little data that training takes for all of it."""

from __future__ import annotations

import numpy as np
import pytest

from edgecnn.data.cifar10 import Cifar10Arrays
from edgecnn.data.sample import load_calibration_sample, load_test_sample


@pytest.fixture
def small_cifar10(monkeypatch: pytest.MonkeyPatch) -> Cifar10Arrays:
    """Let training take the embedded sample for the full set."""
    train, test = load_calibration_sample(), load_test_sample().take(np.arange(100))
    assert train.labels is not None
    assert test.labels is not None
    arrays = Cifar10Arrays(train.images, train.labels.astype(np.uint8), test.images, test.labels.astype(np.uint8))
    monkeypatch.setattr("edgecnn.train.split.load_arrays", lambda: arrays)
    return arrays
