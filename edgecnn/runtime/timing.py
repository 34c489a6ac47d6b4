"""Timing calls of a classifier."""

from __future__ import annotations

import gc
import time
from typing import Any


def time_calls(call: Any, arguments: list[Any]) -> list[int]:
    """Return the duration of `call` on each argument in nanoseconds, without garbage collection in between."""
    clock = time.perf_counter_ns
    samples = [0] * len(arguments)
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        for index, argument in enumerate(arguments):
            begin = clock()
            call(argument)
            samples[index] = clock() - begin
    finally:
        if was_enabled:
            gc.enable()
    return samples
