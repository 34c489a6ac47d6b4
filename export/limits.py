"""Limits on the size of a file and on its latency on this machine."""

from __future__ import annotations

import numpy as np

from edgecnn.export.checks import Checks
from edgecnn.gate import LimitResult, Outcome
from edgecnn.intervals import median
from edgecnn.runtime.classifier import Classifier, Images
from edgecnn.runtime.timing import time_calls

_WARM_UP_CALLS = 50
_CALLS = 400
_MAX_SECONDS = 2.0


def check_limits(classifier: Classifier, size_bytes: int, images: Images, checks: Checks) -> tuple[LimitResult, ...]:
    """Return whether a file is within the limits that were set.

    Args:
        classifier: the file, loaded.
        size_bytes: of the file.
        images: uint8, (N, H, W, C), which single calls take in turn.
        checks: whose `max_size` and `max_latency` are the limits. A latency holds if all of the median's 95 %
            interval is within its limit.
    """
    found = []
    if checks.max_size is not None:
        outcome = Outcome.HOLDS if size_bytes <= checks.max_size else Outcome.DOES_NOT_HOLD
        found.append(LimitResult("size", outcome, checks.max_size, size_bytes, size_bytes, size_bytes))
    if checks.max_latency is not None:
        found.append(_latency(classifier, images, checks.max_latency))
    return tuple(found)


def _latency(classifier: Classifier, images: Images, limit: float) -> LimitResult:
    first = time_calls(classifier.predict, [images[0]] * 5)
    affordable = max(10, int(_MAX_SECONDS * 1e9 / max(1, min(first))))
    order = [images[index % len(images)] for index in range(min(_WARM_UP_CALLS + _CALLS, affordable))]
    warm_up = min(_WARM_UP_CALLS, len(order) // 5)
    found = median(np.array(time_calls(classifier.predict, order)[warm_up:]) / 1e9)
    outcome = Outcome.TOO_NOISY
    if found.high <= limit:
        outcome = Outcome.HOLDS
    elif found.low > limit:
        outcome = Outcome.DOES_NOT_HOLD
    return LimitResult("latency", outcome, limit, found.value, found.low, found.high)
