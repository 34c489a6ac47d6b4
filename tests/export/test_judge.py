"""The gate's three outcomes, from answers alone."""

from __future__ import annotations

import numpy as np
import pytest

from edgecnn.data.dataset import Dataset
from edgecnn.export.judge import judge
from edgecnn.gate import Flip, Outcome

NAMES = ("cat", "dog", "frog")


def images(count: int) -> Dataset:
    labels = np.arange(count) % 3
    return Dataset(
        "some", np.zeros((count, 1, 1, 1), np.uint8), labels, NAMES, tuple(f"n{index}" for index in range(count))
    )


def answers(dataset: Dataset, wrong: range) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the right answers, but the next class for the images in `wrong`."""
    assert dataset.labels is not None
    found = dataset.labels.copy()
    found[list(wrong)] = (found[list(wrong)] + 1) % 3
    return found


@pytest.mark.parametrize(
    ("count", "file_wrong", "max_drop", "outcome"),
    [
        (2000, range(0), 1.0, Outcome.HOLDS),
        (2000, range(8), 1.0, Outcome.HOLDS),
        (2000, range(60), 1.0, Outcome.DOES_NOT_HOLD),
        (2000, range(25), 1.0, Outcome.TOO_FEW_IMAGES),
        (50, range(0), 1.0, Outcome.TOO_FEW_IMAGES),
        (50, range(0), 10.0, Outcome.HOLDS),
        (50, range(40), 1.0, Outcome.DOES_NOT_HOLD),
    ],
)
def test_it_holds_or_not_only_if_the_whole_interval_says_so(
    count: int, file_wrong: range, max_drop: float, outcome: Outcome
) -> None:
    dataset = images(count)
    found = judge(answers(dataset, file_wrong), answers(dataset, range(0)), dataset, max_drop)
    assert found.outcome is outcome
    assert found.drop == pytest.approx(100 * len(file_wrong) / count)
    assert (found.outcome is Outcome.HOLDS) == (found.drop_high <= max_drop)
    assert (found.outcome is Outcome.DOES_NOT_HOLD) == (found.drop_low > max_drop)


def test_a_gain_is_a_negative_drop() -> None:
    dataset = images(2000)
    found = judge(answers(dataset, range(0)), answers(dataset, range(60)), dataset, 1.0)
    assert (found.drop, found.lost, found.gained, found.outcome) == (-3.0, 0, 60, Outcome.HOLDS)


def test_as_many_images_as_it_names_are_enough() -> None:
    """With the same share of changed answers, the next run decides."""
    dataset = images(500)
    found = judge(answers(dataset, range(2)), answers(dataset, range(0)), dataset, 1.0)
    assert found.outcome is Outcome.TOO_FEW_IMAGES
    assert found.enough_images is not None
    larger = images(found.enough_images + 100)
    wrong = range(round(len(larger) * 2 / 500))
    assert judge(answers(larger, wrong), answers(larger, range(0)), larger, 1.0).outcome is Outcome.HOLDS


def test_flips_and_classes_are_named() -> None:
    dataset = images(600)
    found = judge(answers(dataset, range(2)), answers(dataset, range(1, 3)), dataset, 1.0)
    assert found.flips == (Flip("n0", "cat", "cat", "dog"), Flip("n2", "frog", "cat", "frog"))
    assert found.per_class == {"cat": -1, "frog": 1}
    assert found.mcnemar_p == 1.0


def test_the_sentence_says_how_many_images_would_be_enough_only_where_it_is_open() -> None:
    dataset = images(50)
    open_case = judge(answers(dataset, range(0)), answers(dataset, range(0)), dataset, 1.0)
    assert f"about {open_case.enough_images:,} images would be enough" in open_case.sentence
    large = images(2000)
    same = judge(answers(large, range(0)), answers(large, range(0)), large, 1.0).sentence
    assert same.startswith("holds: +0.00 points lost (-0.10 to +0.10), limit 1;")
    assert "McNemar p 1" in same
