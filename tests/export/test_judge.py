"""The gate's three outcomes, from answers alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from edgecnn.data.dataset import Dataset
from edgecnn.export.judge import judge, stability
from edgecnn.export.limits import ExportLimits
from edgecnn.export.measure import Scores
from edgecnn.gate import Drop, Flip, GateResult
from edgecnn.limits import Outcome
from edgecnn.tasks.single_label import TASK

Answers = npt.NDArray[np.int64]
NAMES = ("cat", "dog", "frog")


def images(count: int) -> Dataset:
    labels = np.arange(count) % 3
    return Dataset(
        "some", np.zeros((count, 1, 1, 1), np.uint8), labels, NAMES, tuple(f"n{index}" for index in range(count))
    )


def answers(dataset: Dataset, wrong: range) -> Answers:
    """Return the right answers, but the next class for the images in `wrong`."""
    assert dataset.labels is not None
    found = dataset.labels.copy()
    found[list(wrong)] = (found[list(wrong)] + 1) % 3
    return found


def probabilities(found: Answers) -> Scores:
    """Return scores of three classes that are sure of the answers."""
    return np.full((len(found), 3), 0.05, np.float32) + 0.85 * np.eye(3, dtype=np.float32)[found]


def judged(dataset: Dataset, found: Answers, reference: Answers, max_drop: float) -> GateResult:
    return judge(probabilities(found), probabilities(reference), dataset, ExportLimits(max_drop=max_drop))


def drop_of(found: GateResult) -> Drop:
    assert found.drop is not None
    return found.drop


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
    found = judged(dataset, answers(dataset, file_wrong), answers(dataset, range(0)), max_drop)
    assert found.outcome is outcome
    drop = drop_of(found)
    assert drop.points == pytest.approx(100 * len(file_wrong) / count)
    assert (found.outcome is Outcome.HOLDS) == (drop.high <= max_drop)
    assert (found.outcome is Outcome.DOES_NOT_HOLD) == (drop.low > max_drop)


def test_a_gain_is_a_negative_drop() -> None:
    dataset = images(2000)
    found = judged(dataset, answers(dataset, range(0)), answers(dataset, range(60)), 1.0)
    drop = drop_of(found)
    assert (drop.points, drop.lost, drop.gained, found.outcome) == (-3.0, 0, 60, Outcome.HOLDS)


def test_as_many_images_as_it_names_are_enough() -> None:
    """With the same share of changed answers, the next run decides."""
    dataset = images(500)
    found = judged(dataset, answers(dataset, range(2)), answers(dataset, range(0)), 1.0)
    assert found.outcome is Outcome.TOO_FEW_IMAGES
    assert found.enough_images is not None
    larger = images(found.enough_images + 100)
    wrong = range(round(len(larger) * 2 / 500))
    assert judged(larger, answers(larger, wrong), answers(larger, range(0)), 1.0).outcome is Outcome.HOLDS


def test_flips_and_classes_are_named() -> None:
    dataset = images(600)
    found = judged(dataset, answers(dataset, range(2)), answers(dataset, range(1, 3)), 1.0)
    assert found.flips == (Flip("n0", "cat", "cat", "dog"), Flip("n2", "frog", "cat", "frog"))
    assert drop_of(found).per_class == {"cat": -1, "frog": 1}
    assert drop_of(found).mcnemar_p == 1.0


def test_the_sentence_says_how_many_images_would_be_enough_only_where_it_is_open() -> None:
    dataset = images(50)
    open_case = judged(dataset, answers(dataset, range(0)), answers(dataset, range(0)), 1.0)
    assert f"about {open_case.enough_images:,} images would be enough" in open_case.sentence
    large = images(2000)
    same = judged(large, answers(large, range(0)), answers(large, range(0)), 1.0).sentence
    assert same.startswith("holds: +0.00 points lost (-0.10 to +0.10), limit 1;")
    assert "McNemar p 1" in same


@pytest.mark.parametrize(
    ("count", "changed", "outcome"),
    [
        (2000, 10, Outcome.HOLDS),
        (2000, 120, Outcome.DOES_NOT_HOLD),
        (2000, 35, Outcome.TOO_FEW_IMAGES),
        (30, 0, Outcome.TOO_FEW_IMAGES),
    ],
)
def test_without_labels_the_agreement_is_judged(count: int, changed: int, outcome: Outcome) -> None:
    dataset = images(count)
    unlabelled = replace(dataset, labels=None)
    found = judge(
        probabilities(answers(dataset, range(changed))),
        probabilities(answers(dataset, range(0))),
        unlabelled,
        ExportLimits(),
    )
    assert (found.outcome, found.drop, found.limit) == (outcome, None, 98.0)
    assert found.agreement.percent == pytest.approx(100 - 100 * changed / count)
    assert "same answers" in found.sentence
    assert len(found.flips) == changed
    assert all(flip.label is None for flip in found.flips)


def test_the_divergence_is_that_of_kullback_and_leibler() -> None:
    keras = np.array([[0.5, 0.25, 0.25]], np.float32)
    file = np.array([[0.25, 0.5, 0.25]], np.float32)
    assert TASK.divergence(file, keras) == pytest.approx(0.5 * np.log(2) - 0.25 * np.log(2), rel=1e-5)
    assert TASK.divergence(keras, keras) == 0.0
    assert np.isfinite(TASK.divergence(np.array([[0.0, 1.0, 0.0]], np.float32), keras))


def test_halves_that_are_equally_good_are_stable_and_others_are_not() -> None:
    dataset = images(900)
    right, worse = probabilities(answers(dataset, range(0))), probabilities(answers(dataset, range(40)))
    assert stability(right, right, dataset).is_stable
    found = stability(right, worse, dataset)
    assert not found.is_stable
    assert found.points == pytest.approx(100 * 40 / 900)
