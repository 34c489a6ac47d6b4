"""A drawn part is balanced, repeatable and without repeats."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgecnn.data.choice import choose_balanced
from edgecnn.data.dataset import Dataset


def _dataset(counts: tuple[int, ...]) -> Dataset:
    labels = np.random.default_rng(1).permutation(np.repeat(np.arange(len(counts)), counts))
    images = np.zeros((len(labels), 2, 2, 1), np.uint8)
    return Dataset("d", images, labels, tuple("abcdefghij"[: len(counts)]), tuple(str(i) for i in range(len(labels))))


def _counts(dataset: Dataset) -> list[int]:
    assert dataset.labels is not None
    return [int(count) for count in np.bincount(dataset.labels, minlength=len(dataset.class_names))]


@pytest.mark.parametrize(
    ("available", "count", "drawn"),
    [
        pytest.param((10, 10, 10), 9, [3, 3, 3], id="even"),
        pytest.param((1000, 30, 10), 9, [3, 3, 3], id="one class is much larger"),
        pytest.param((1000, 3, 1), 10, [6, 3, 1], id="small classes are used up"),
        pytest.param((5, 0, 5), 4, [2, 0, 2], id="a class without images"),
    ],
)
def test_classes_are_drawn_in_turn(available: tuple[int, ...], count: int, drawn: list[int]) -> None:
    assert _counts(choose_balanced(_dataset(available), count)) == drawn


@pytest.mark.parametrize("count", range(1, 12))
def test_no_class_has_two_more_than_another(count: int) -> None:
    counts = _counts(choose_balanced(_dataset((20, 20, 20, 20)), count, seed=count))
    assert sum(counts) == count
    assert max(counts) - min(counts) <= 1


def test_no_image_is_drawn_twice_and_the_order_is_kept() -> None:
    ids = [int(name) for name in choose_balanced(_dataset((20, 20)), 25).ids]
    assert ids == sorted(set(ids))


def test_the_draw_depends_on_the_seed_alone() -> None:
    dataset = _dataset((50, 50))
    assert choose_balanced(dataset, 10, seed=4).ids == choose_balanced(dataset, 10, seed=4).ids
    assert choose_balanced(dataset, 10, seed=4).ids != choose_balanced(dataset, 10, seed=5).ids


def test_a_data_set_that_is_small_enough_is_taken_whole() -> None:
    dataset = _dataset((2, 3))
    assert choose_balanced(dataset, 5) is dataset
    assert choose_balanced(dataset, 99) is dataset


def test_unlabelled_images_are_drawn_plainly() -> None:
    drawn = choose_balanced(replace(_dataset((20, 20)), labels=None), 10)
    assert drawn.labels is None
    assert len(set(drawn.ids)) == 10
