"""The limits of an export, and what is found about size and latency on this machine."""

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

    A drop is to Keras on the evaluation images; a latency is the median of single calls with one thread, here.

    Attributes:
        min_agreement: percent of the images that a file must answer as Keras does, where nobody labelled them.
        min_top1: percent of the labelled images that Keras itself must answer rightly; None asks it to be better than
            guessing.
    """

    min_agreement: float = MIN_AGREEMENT_PERCENT
    min_top1: float | None = None


def check_limits(classifier: Classifier, size_bytes: int, images: Images, limits: Limits) -> tuple[LimitResult, ...]:
    """Return whether a file is within the limits on size and latency that were set.

    Args:
        classifier: the file, loaded.
        size_bytes: of the file.
        images: uint8, (N, H, W, C), which single calls take in turn.
        limits: a latency holds if all of the median's 95 % interval is within its limit.
    """
    results = []
    if limits.max_size is not None:
        results.append(check_limit("size", Interval(size_bytes, size_bytes, size_bytes), limits.max_size))
    if limits.max_latency is not None:
        results.append(check_limit("latency", _latency(classifier, images), limits.max_latency))
    return tuple(results)


def _latency(classifier: Classifier, images: Images) -> Interval:
    """Return the median seconds of one image."""
    first = time_calls(classifier.predict, [images[0]] * 5)
    affordable = max(10, int(_MAX_SECONDS * 1e9 / max(1, min(first))))
    order = [images[index % len(images)] for index in range(min(_WARM_UP_CALLS + _CALLS, affordable))]
    warm_up = min(_WARM_UP_CALLS, len(order) // 5)
    return median(np.array(time_calls(classifier.predict, order)[warm_up:]) / 1e9)
