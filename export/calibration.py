"""Whether images are fit to take int8 ranges from."""

from __future__ import annotations

import hashlib

import numpy as np

from edgecnn.data.dataset import Dataset
from edgecnn.errors import DataError


def check_calibration(calibration: Dataset, evaluation: Dataset) -> None:
    """Refuse calibration images that cannot do their work or would spoil the evaluation.

    Raises:
        DataError: some of them are among the evaluation images, or all pixels are nearly black, as they are
            when images were divided by 255 before.
    """
    seen = set(_digests(evaluation))
    leaked = sum(digest in seen for digest in _digests(calibration))
    if leaked:
        raise DataError(
            f"{leaked} of {len(calibration)} calibration images are also evaluation images; keep them apart"
        )
    if calibration.images.max() <= 1:
        raise DataError("the calibration images have no pixel above 1: they were scaled before; give raw pixels 0..255")


def _digests(dataset: Dataset) -> list[bytes]:
    return [hashlib.sha256(image).digest() for image in np.ascontiguousarray(dataset.images)]
