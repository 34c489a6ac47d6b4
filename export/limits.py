"""The limits of an export, and the checks of size and latency on this machine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgecnn.intervals import Interval, median
from edgecnn.limits import MIN_AGREEMENT_PERCENT, LimitResult, Limits, check_limit
from edgecnn.runtime.classifier import Classifier, Images
from edgecnn.runtime.timing import time_calls

_WARM_UP_CALLS = 50
_CALLS = 400
_MAX_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class ExportLimits(Limits):
    """The limits of an export.

    A drop is measured against Keras on the evaluation images; a latency is the median of single calls with one thread
    on this machine.

    Attributes:
        min_agreement: percent of the images that a file must answer as Keras does, if the images have no labels.
        min_top1: percent of the labelled images that Keras itself must answer correctly; None requires it to be better
            than guessing.
    """

    min_agreement: float = MIN_AGREEMENT_PERCENT
    min_top1: float | None = None


def check_limits(classifier: Classifier, size_bytes: int, images: Images, limits: Limits) -> tuple[LimitResult, ...]:
    """Return the results of the limits on size and latency that were set.

    Args:
        classifier: the loaded file.
        size_bytes: size of the file.
        images: uint8, (N, H, W, C); each call gets the next one.
        limits: a latency holds if the median's entire 95 % interval is within its limit.
    """
    results = []
    if limits.max_size is not None:
        results.append(check_limit("size", Interval(size_bytes, size_bytes, size_bytes), limits.max_size))
    if limits.max_latency is not None:
        results.append(check_limit("latency", _latency(classifier, images), limits.max_latency))
    return tuple(results)


def _latency(classifier: Classifier, images: Images) -> Interval:
    """Return the median time of one image, in seconds."""
    first = time_calls(classifier.predict, [images[0]] * 5)
    affordable = max(10, int(_MAX_SECONDS * 1e9 / max(1, min(first))))
    order = [images[index % len(images)] for index in range(min(_WARM_UP_CALLS + _CALLS, affordable))]
    warm_up = min(_WARM_UP_CALLS, len(order) // 5)
    return median(np.array(time_calls(classifier.predict, order)[warm_up:]) / 1e9)
