"""Calibration images that cannot do their work are refused or doubted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from edgecnn.data.dataset import Dataset
from edgecnn.data.sample import load_calibration_sample, load_test_sample
from edgecnn.errors import DataError
from edgecnn.export.calibration import check_calibration, hashes


@pytest.fixture(scope="module")
def calibration() -> Dataset:
    return load_calibration_sample()


@pytest.fixture(scope="module")
def evaluation() -> Dataset:
    return load_test_sample()


def test_proper_images_raise_no_doubt(calibration: Dataset, evaluation: Dataset) -> None:
    assert check_calibration(calibration, evaluation) == ()


def with_images(dataset: Dataset, images: np.ndarray) -> Dataset:
    return replace(dataset, images=images.astype(np.uint8))


def noise(dataset: Dataset) -> Dataset:
    return with_images(dataset, np.random.default_rng(0).integers(0, 256, dataset.images.shape))


DOUBTFUL: dict[str, tuple[Callable[[Dataset], Dataset], str]] = {
    "one image": (lambda dataset: dataset.take(np.array([5])), "only 1 calibration image: ranges settle with 100"),
    "few images": (lambda dataset: dataset.take(np.arange(40)), "only 40 calibration images"),
    "one class": (
        lambda dataset: dataset.take(np.flatnonzero(dataset.labels == 3)),
        "all calibration images are of the class cat",
    ),
    "noise": (noise, "look like noise"),
    "too dark": (lambda dataset: with_images(dataset, dataset.images // 8), "look otherwise than the evaluation"),
    "scaled to 0..16": (lambda dataset: with_images(dataset, dataset.images // 16), "prepared in the same way"),
}


@pytest.mark.parametrize("kind", DOUBTFUL)
def test_doubtful_images_are_warned_about(calibration: Dataset, evaluation: Dataset, kind: str) -> None:
    spoil, words = DOUBTFUL[kind]
    assert any(words in sentence for sentence in check_calibration(spoil(calibration), evaluation))


def test_a_single_leaked_image_is_an_error(calibration: Dataset, evaluation: Dataset) -> None:
    images = calibration.images.copy()
    images[7] = evaluation.images[1234]
    with pytest.raises(DataError, match="1 of 512 calibration images are also evaluation images"):
        check_calibration(with_images(calibration, images), evaluation)


def test_images_that_were_divided_by_255_are_an_error(calibration: Dataset, evaluation: Dataset) -> None:
    with pytest.raises(DataError, match="they were scaled before"):
        check_calibration(with_images(calibration, calibration.images // 255), evaluation)


def test_every_image_has_a_hash_of_its_pixels(calibration: Dataset) -> None:
    found = hashes(calibration)
    assert len(found) == len(set(found)) == len(calibration)
    assert hashes(calibration.take(np.array([3]))) == (found[3],)
