"""The shipped weights on all 10,000 test images, where these were fetched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import edgecnn
from edgecnn.artifact import SCHEMA_VERSION, Manifest
from edgecnn.data.cache import load_arrays, load_full
from edgecnn.data.dataset import Dataset
from edgecnn.data.sample import load_calibration_sample
from edgecnn.models.card import read_card
from edgecnn.models.registry import SHIPPED, shipped_folder
from edgecnn.schema import decode_json
from tools.evidence import EVIDENCE

OTHER_PROCESSOR = 5
"""How many of 10,000 answers may differ where another processor rounds in another way; on the same one, none do."""

pytestmark = pytest.mark.slow


@pytest.fixture
def test_images(full_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    monkeypatch.setenv("EDGECNN_CACHE", str(full_cache))
    return load_full("test")


def right(path: Path, images: Dataset) -> int:
    assert images.labels is not None
    return int((edgecnn.load(path).predict(images.images).argmax(axis=1) == images.labels).sum())


@pytest.mark.parametrize("name", SHIPPED)
def test_what_ships_reaches_its_cards_accuracy(name: str, test_images: Dataset) -> None:
    folder = shipped_folder(name)
    card = read_card(folder / "card.json")
    wanted = {"model.keras": card.test} | {f"{name}-int8.{suffix}": score for suffix, score in card.int8.items()}
    assert len(wanted) == 3
    for file, score in wanted.items():
        assert (score.images, score.data) == (len(test_images), test_images.name)
        assert abs(right(folder / file, test_images) - score.correct) <= OTHER_PROCESSOR, file


def test_every_exported_file_reaches_the_accuracy_of_the_kept_manifest(
    test_images: Dataset, shipped_export: Any
) -> None:
    kept = decode_json(Manifest, (EVIDENCE / "manifest-cifar10.json").read_bytes(), newest=SCHEMA_VERSION)
    assert kept.evaluation.sha256 == test_images.sha256
    assert len(kept.artifacts) == 4
    for entry in kept.artifacts:
        found = right(shipped_export.folder / entry.file, test_images)
        assert abs(found - (entry.measured.correct or 0)) <= OTHER_PROCESSOR, entry.file


def test_no_calibration_image_is_a_test_image(full_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGECNN_CACHE", str(full_cache))
    arrays = load_arrays()
    test = {image.tobytes() for image in arrays.test_images}
    training = {image.tobytes() for image in arrays.train_images}
    calibration = {image.tobytes() for image in load_calibration_sample().images}
    assert calibration <= training
    assert not calibration & test
