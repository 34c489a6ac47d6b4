"""Readings of the machine before, during and after a run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable

from edgecnn.bench.result import Moment
from edgecnn.device.sensors import Sample, Sensors, cpu_seconds

_COOLER_C = 5.0
"""Degrees above the temperature at the start of the run that count as cool."""
_POLL_SECONDS = 5.0
_LONGEST_WAIT_SECONDS = 900.0


class Monitor:
    """Records moments of the machine, with the CPU time used by the run itself.

    Args:
        read: reads the sensors; tests replace it.
    """

    def __init__(self, read: Callable[[], Sample] | None = None) -> None:
        self._read = read or Sensors().read
        self.first = self._read()

    def moment(self, what: str, workers: Iterable[int | None], step: str) -> Moment:
        """Return the machine's state now; `workers` are the ids of the run's other live processes."""
        known = [os.getpid(), *(number for number in workers if number is not None)]
        return Moment(what, self._read(), cpu_seconds(known), step)

    def wait_until_cool(self, sleep: Callable[[float], None] = time.sleep) -> None:
        """Wait until the machine is about as cool as at the start, at most a quarter of an hour."""
        start = self.first.temperature_c
        waited = 0.0
        while start is not None and waited < _LONGEST_WAIT_SECONDS:
            now = self._read().temperature_c
            if now is None or now <= start + _COOLER_C:
                return
            sleep(_POLL_SECONDS)
            waited += _POLL_SECONDS
