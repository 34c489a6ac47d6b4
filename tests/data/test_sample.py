"""The embedded images are the official ones, balanced, and decode without loss."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgecnn.data import sample
from edgecnn.data.cifar10 import CLASS_NAMES
from edgecnn.data.dataset import Dataset
from edgecnn.data.sample import FOLDER, SHEET_COLUMNS, from_sheet, load_calibration_sample, load_test_sample, to_sheet
from edgecnn.errors import DataError

PARTS = pytest.mark.parametrize(
    ("load", "split", "count", "official"),
    [
        (load_test_sample, "test", 2000, 10_000),
        (load_calibration_sample, "train", 512, 50_000),
    ],
    ids=["test", "calibration"],
)


def _indices(dataset: Dataset, split: str) -> list[int]:
    return [int(name.removeprefix(f"{split}/")) for name in dataset.ids]


@PARTS
def test_the_embedded_images_are_as_many_as_promised_and_balanced(
    load: Callable[[], Dataset],
    split: str,
    count: int,
    official: int,
) -> None:
    dataset = load()
    assert dataset.labels is not None
    assert dataset.images.shape == (count, 32, 32, 3)
    assert dataset.images.dtype == np.uint8
    assert dataset.labels.dtype == np.int64
    assert dataset.class_names == CLASS_NAMES
    per_class = np.bincount(dataset.labels)
    assert sorted(set(per_class.tolist())) == sorted({count // 10, -(-count // 10)})


@PARTS
def test_the_embedded_images_are_distinct_and_in_the_official_order(
    load: Callable[[], Dataset],
    split: str,
    count: int,
    official: int,
) -> None:
    indices = _indices(load(), split)
    assert indices == sorted(set(indices))
    assert len(indices) == count
    assert 0 <= indices[0] <= indices[-1] < official


@PARTS
def test_the_embedded_images_are_the_official_ones(
    load: Callable[[], Dataset],
    split: str,
    count: int,
    official: int,
    full_cache: Path,
) -> None:
    dataset = load()
    indices = _indices(dataset, split)
    images = np.load(full_cache / "cifar10" / f"{split}_images.npy", mmap_mode="r")
    labels = np.load(full_cache / "cifar10" / f"{split}_labels.npy")
    assert len(images) == official
    np.testing.assert_array_equal(dataset.images, images[indices])
    np.testing.assert_array_equal(dataset.labels, labels[indices])


@pytest.mark.parametrize("count", [1, SHEET_COLUMNS - 1, SHEET_COLUMNS, SHEET_COLUMNS + 1])
def test_a_sheet_gives_its_images_back(count: int) -> None:
    images = np.random.default_rng(count).integers(1, 256, (count, 32, 32, 3), np.uint8)
    sheet = to_sheet(images)
    assert sheet.shape == (32 * -(-count // SHEET_COLUMNS), 32 * SHEET_COLUMNS, 3)
    np.testing.assert_array_equal(from_sheet(sheet, count), images)
    assert np.count_nonzero(sheet) == images.size


def test_images_lie_in_rows_from_the_left() -> None:
    sheet = to_sheet(np.random.default_rng(0).integers(0, 256, (SHEET_COLUMNS + 2, 32, 32, 3), np.uint8))
    images = from_sheet(sheet, SHEET_COLUMNS + 2)
    np.testing.assert_array_equal(sheet[:32, 32:64], images[1])
    np.testing.assert_array_equal(sheet[32:, 32:64], images[SHEET_COLUMNS + 1])


def test_an_embedded_sheet_that_decodes_to_other_pixels_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = json.loads((FOLDER / "sample.json").read_text())
    record["train"]["pixels_sha256"] = "0" * 64
    (tmp_path / "sample.json").write_text(json.dumps(record))
    (tmp_path / "train.webp").write_bytes((FOLDER / "train.webp").read_bytes())
    monkeypatch.setattr(sample, "FOLDER", tmp_path)
    with pytest.raises(DataError, match="reinstall edgecnn and Pillow"):
        load_calibration_sample()
