"""The latest sample of the machine's sensors, read in the background."""

from __future__ import annotations

import threading
import time

from edgecnn.device.sensors import Sample, Sensors

_SECONDS = 5.0


class LatestSample:
    """A callable that returns the latest sample, at most a few seconds old.

    A thread reads it, because reading starts programs on a Raspberry Pi, and no frame should wait for them.
    """

    def __init__(self) -> None:
        """Read the first sample."""
        self._sensors = Sensors()
        self._sample = self._sensors.read()
        self._thread: threading.Thread | None = None

    def __call__(self) -> Sample:
        """Return the latest sample, and start reading another if it is old."""
        is_old = time.monotonic() - self._sample.seconds >= _SECONDS
        if is_old and (self._thread is None or not self._thread.is_alive()):
            self._thread = threading.Thread(target=self._read, daemon=True)
            self._thread.start()
        return self._sample

    def _read(self) -> None:
        self._sample = self._sensors.read()
