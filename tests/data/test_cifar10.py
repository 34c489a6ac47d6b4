"""Arrays are CIFAR-10 or they are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from edgecnn.data.cifar10 import CLASS_NAMES, Cifar10Arrays, check, fingerprint, to_dataset
from edgecnn.errors import DataError
from tests.fakes.published import ARRAYS, EXPECTED


def _with_one_bit_changed(arrays: Cifar10Arrays) -> Cifar10Arrays:
    images = arrays.test_images.copy()
    images[-1, -1, -1, -1] ^= 1
    return replace(arrays, test_images=images)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(_with_one_bit_changed, id="one bit"),
        pytest.param(lambda a: replace(a, train_images=a.train_images[::-1]), id="order"),
        pytest.param(lambda a: replace(a, train_labels=a.train_labels[::-1]), id="order of labels"),
        pytest.param(lambda a: replace(a, train_images=a.train_images[..., ::-1]), id="BGR"),
        pytest.param(lambda a: replace(a, train_images=a.train_images.transpose(0, 3, 1, 2)), id="channels first"),
        pytest.param(lambda a: replace(a, train_images=a.train_images[..., :1]), id="one channel"),
        pytest.param(lambda a: replace(a, train_images=a.train_images.astype(np.int16)), id="int16"),
        pytest.param(lambda a: replace(a, train_labels=a.train_labels[:, None]), id="table of labels"),
        pytest.param(lambda a: replace(a, train_labels=a.train_labels[:-1]), id="a label short"),
        pytest.param(
            lambda a: replace(a, test_images=a.test_images[:0], test_labels=a.test_labels[:0]), id="no test part"
        ),
        pytest.param(
            lambda a: Cifar10Arrays(a.test_images, a.test_labels, a.train_images, a.train_labels), id="parts exchanged"
        ),
    ],
)
def test_anything_but_the_expected_arrays_is_refused(spoil: Callable[[Cifar10Arrays], Cifar10Arrays]) -> None:
    check(ARRAYS, EXPECTED)
    with pytest.raises(DataError, match="not CIFAR-10's"):
        check(spoil(ARRAYS), EXPECTED)


def test_a_fingerprint_is_of_values_and_not_of_memory_layout() -> None:
    column_major = replace(ARRAYS, train_images=np.asfortranarray(ARRAYS.train_images))
    assert fingerprint(column_major, EXPECTED.train_batches) == EXPECTED


@pytest.mark.parametrize(("split", "count"), [("train", 20), ("test", 10)])
def test_a_split_keeps_the_official_order_in_its_ids(split: str, count: int) -> None:
    dataset = to_dataset(ARRAYS, split)
    assert dataset.ids == tuple(f"{split}/{index}" for index in range(count))
    assert dataset.class_names == CLASS_NAMES
    assert dataset.labels is not None
    assert dataset.labels.dtype == np.int64
    np.testing.assert_array_equal(dataset.labels, getattr(ARRAYS, f"{split}_labels"))
    np.testing.assert_array_equal(dataset.images, getattr(ARRAYS, f"{split}_images"))
