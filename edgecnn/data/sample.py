"""The part of CIFAR-10 that ships with the package.

2,000 test images (200 per class) and 512 training images for calibration (51 or 52 per class), as two sheets in
lossless WebP. `sample.json` holds, for each sheet, the images' positions in the official order, their
labels, and the SHA-256 of the decoded pixels. `tools/release/build_sample.py` makes these files.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import numpy as np

from edgecnn.data.cifar10 import CLASS_NAMES, IMAGE_SHAPE
from edgecnn.data.dataset import Dataset, Pixels
from edgecnn.errors import DataError

FOLDER = resources.files("edgecnn") / "assets" / "cifar10"
SHEET_COLUMNS = 50
_HEIGHT, _WIDTH, _CHANNELS = IMAGE_SHAPE


def load_test_sample() -> Dataset:
    """Return the 2,000 embedded test images, for evaluation only."""
    return _load("test")


def load_calibration_sample() -> Dataset:
    """Return the 512 embedded training images, for calibration."""
    return _load("train")


def to_sheet(images: Pixels) -> Pixels:
    """Return uint8 (N, 32, 32, 3) images as one picture of `SHEET_COLUMNS` images per row, padded with black."""
    rows = -(-len(images) // SHEET_COLUMNS)
    tiles = np.zeros((rows * SHEET_COLUMNS, *IMAGE_SHAPE), np.uint8)
    tiles[: len(images)] = images
    grid = tiles.reshape(rows, SHEET_COLUMNS, *IMAGE_SHAPE).swapaxes(1, 2)
    return np.ascontiguousarray(grid.reshape(rows * _HEIGHT, SHEET_COLUMNS * _WIDTH, _CHANNELS))


def from_sheet(sheet: Pixels, count: int) -> Pixels:
    """Return the first `count` images of a sheet; the inverse of `to_sheet`."""
    rows = sheet.shape[0] // _HEIGHT
    tiles = sheet.reshape(rows, _HEIGHT, SHEET_COLUMNS, _WIDTH, _CHANNELS).swapaxes(1, 2)
    return np.ascontiguousarray(tiles.reshape(-1, *IMAGE_SHAPE)[:count])


def _load(split: str) -> Dataset:
    from PIL import Image

    record: dict[str, Any] = json.loads((FOLDER / "sample.json").read_text())[split]
    with (FOLDER / f"{split}.webp").open("rb") as file, Image.open(file) as picture:
        images = from_sheet(np.asarray(picture.convert("RGB")), len(record["labels"]))
    ids = tuple(f"{split}/{index}" for index in record["indices"])
    labels = np.array(record["labels"], np.int64)
    sample = Dataset(f"CIFAR-10 {split} sample", images, labels, CLASS_NAMES, ids)
    if sample.sha256 != record["pixels_sha256"]:
        raise DataError("the embedded images decode to other pixels than were packed; reinstall edgecnn and Pillow")
    return sample
