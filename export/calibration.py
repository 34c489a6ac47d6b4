"""Whether images are fit to take int8 ranges from."""

from __future__ import annotations

import hashlib

import numpy as np

from edgecnn.data.dataset import Dataset, Pixels
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


def with_full_range(images: Pixels) -> Pixels:
    """Return calibration images among whose pixels are 0 and 255, so that one input step is one pixel value.

    A converter takes the input's range from the images. Where they have no black or no white, brighter or darker
    pixels would be cut off later; two corners of the first image are made black and white then.

    Args:
        images: uint8, (N, H, W, C); not changed.
    """
    if images.min() == 0 and images.max() == np.iinfo(np.uint8).max:
        return images
    spanning = images.copy()
    spanning[0, 0, 0], spanning[0, -1, -1] = 0, np.iinfo(np.uint8).max
    return spanning


def _digests(dataset: Dataset) -> list[bytes]:
    return [hashlib.sha256(image).digest() for image in np.ascontiguousarray(dataset.images)]
