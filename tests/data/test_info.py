"""The inventory is what was read and hashed, not what should be there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgecnn.data.cache import cifar10_folder, load_arrays, store
from edgecnn.data.cifar10 import CLASS_NAMES
from edgecnn.data.info import load_training_images, take_inventory
from edgecnn.data.sample import load_test_sample
from edgecnn.errors import DataError
from tests.fakes.published import ARRAYS, EXPECTED


@pytest.fixture
def official(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small CIFAR-10 counts as the full one."""
    monkeypatch.setattr(load_arrays, "__defaults__", (EXPECTED,))


def test_without_a_fetch_there_are_the_embedded_parts() -> None:
    inventory = take_inventory()
    assert inventory.full == "absent"
    assert inventory.class_names == CLASS_NAMES
    assert [(part.name, part.images) for part in inventory.parts] == [("sample", 2000), ("calibration", 512)]
    assert inventory.parts[0].images_per_class == (200,) * 10
    assert inventory.parts[0].pixels_sha256 == load_test_sample().sha256
    assert not cifar10_folder().exists()


@pytest.mark.usefixtures("official")
def test_after_a_fetch_there_are_both_parts_of_the_full_set() -> None:
    folder = store(ARRAYS, EXPECTED)
    inventory = take_inventory()
    assert (inventory.full, inventory.folder) == ("verified", str(folder))
    test, train = inventory.parts[2:]
    assert (test.name, test.images) == ("cifar10", 10)
    assert (train.name, train.images) == ("cifar10-train", 20)
    assert train.images_per_class == tuple(np.bincount(ARRAYS.train_labels, minlength=10).tolist())


@pytest.mark.usefixtures("official")
def test_a_damaged_full_set_is_called_damaged() -> None:
    (store(ARRAYS, EXPECTED) / "test_images.npy").write_bytes(b"")
    inventory = take_inventory()
    assert inventory.full == "damaged"
    assert len(inventory.parts) == 2
    with pytest.raises(DataError, match="is damaged"):
        load_training_images()


@pytest.mark.usefixtures("official")
def test_training_images_are_the_full_set_once_it_was_fetched() -> None:
    assert len(load_training_images()) == 512
    store(ARRAYS, EXPECTED)
    np.testing.assert_array_equal(load_training_images().images, ARRAYS.train_images)


def test_the_official_set_is_verified(full_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGECNN_CACHE", str(full_cache))
    inventory = take_inventory()
    assert inventory.full == "verified"
    assert [part.images_per_class for part in inventory.parts[2:]] == [(1000,) * 10, (5000,) * 10]
