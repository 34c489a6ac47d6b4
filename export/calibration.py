"""Check whether images are fit for calibrating int8 ranges."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np

from edgecnn.data.dataset import Dataset, Pixels
from edgecnn.errors import DataError

ENOUGH_IMAGES = 100
"""Source: LiteRT's guide to post-training quantization: "around 100 to 500" representative samples."""

_OTHER_BRIGHTNESS = 0.75
_OTHER_CONTRAST = 2.0
_WHITE_NOISE = 0.6


def hashes(dataset: Dataset) -> tuple[str, ...]:
    """Return the SHA-256 of each image's pixels."""
    return tuple(hashlib.sha256(image).hexdigest() for image in np.ascontiguousarray(dataset.images))


def check_calibration(calibration: Dataset, evaluation: Dataset) -> tuple[str, ...]:
    """Return warnings about the calibration images; reject unusable ones and those that would bias the evaluation.

    Raises:
        DataError: some of them are also evaluation images, or no pixel exceeds 1, as after a division by 255.
    """
    leaked = len(set(hashes(calibration)) & set(hashes(evaluation)))
    if leaked:
        raise DataError(
            f"{leaked} of {len(calibration)} calibration images are also evaluation images; use separate images"
        )
    if calibration.images.max() <= 1:
        raise DataError("the calibration images have no pixel above 1: they were scaled before; give raw pixels 0..255")
    return tuple(_doubts(calibration, evaluation))


def _doubts(calibration: Dataset, evaluation: Dataset) -> Iterator[str]:
    count = len(calibration)
    if count < ENOUGH_IMAGES:
        yield (
            f"only {count} calibration image{'s' * (count > 1)}: ranges settle with {ENOUGH_IMAGES} to 500; give more"
        )
    if calibration.labels is not None and count > 1:
        classes = np.unique(calibration.labels)
        if len(classes) == 1 and len(evaluation.class_names) > 1:
            name = calibration.class_names[classes[0]]
            yield f"all calibration images are of the class {name}: other classes can reach further; mix them"
    ours, theirs = _Look(calibration.images), _Look(evaluation.images)
    if ours.roughness > _WHITE_NOISE and ours.roughness > 2 * theirs.roughness:
        yield (
            f"the calibration images look like noise (neighbouring pixels differ as {ours.roughness:.0%} of random "
            f"ones do, those of the evaluation images as {theirs.roughness:.0%}); give real pictures"
        )
    elif (
        abs(ours.mean - theirs.mean) > _OTHER_BRIGHTNESS * theirs.deviation
        or not 1 / _OTHER_CONTRAST < ours.deviation / max(theirs.deviation, 1e-6) < _OTHER_CONTRAST
    ):
        yield (
            f"the calibration images look otherwise than the evaluation images (pixel mean {ours.mean:.0f} and "
            f"deviation {ours.deviation:.0f}, there {theirs.mean:.0f} and {theirs.deviation:.0f}); "
            "were they prepared in the same way?"
        )


class _Look:
    """Simple statistics of a set of images.

    Attributes:
        mean, deviation: of all pixels, 0..255.
        roughness: mean squared difference of horizontal neighbours, as a fraction of that of independent
            pixels with the same deviation.
    """

    def __init__(self, images: Pixels) -> None:
        sample = images[:: max(1, len(images) // 512)].astype(np.float32)
        self.mean, self.deviation = float(sample.mean()), float(sample.std())
        steps = np.diff(sample, axis=2)
        variance = max(self.deviation**2, 1e-6)
        self.roughness = float((steps**2).mean() / (2 * variance)) if steps.size else 0.0
