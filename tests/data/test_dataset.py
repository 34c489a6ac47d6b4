"""A data set is its images, labels and ids in one order."""

from __future__ import annotations

import hashlib

import numpy as np

from edgecnn.data.cifar10 import to_dataset
from edgecnn.data.dataset import Dataset, sha256_array
from tests.fakes.published import ARRAYS


def test_taking_positions_keeps_image_label_and_id_together() -> None:
    dataset = to_dataset(ARRAYS, "test")
    part = dataset.take(np.array([7, 0, 7]))
    assert part.ids == ("test/7", "test/0", "test/7")
    assert part.labels is not None
    np.testing.assert_array_equal(part.labels, ARRAYS.test_labels[[7, 0, 7]])
    np.testing.assert_array_equal(part.images, ARRAYS.test_images[[7, 0, 7]])
    assert part.class_names == dataset.class_names


def test_unlabelled_images_stay_unlabelled() -> None:
    part = Dataset("mine", ARRAYS.test_images, None, (), tuple("abcdefghij")).take(np.array([1]))
    assert part.labels is None
    assert len(part) == 1


def test_the_hash_is_of_the_values_in_c_order() -> None:
    images = ARRAYS.test_images[:, ::2, ::-1]
    assert not images.flags.c_contiguous
    assert sha256_array(images) == hashlib.sha256(images.tobytes()).hexdigest()
    assert to_dataset(ARRAYS, "test").sha256 == hashlib.sha256(ARRAYS.test_images.tobytes()).hexdigest()
