"""Time and interruptible waiting, behind a protocol so that tests of pacing use exact numbers."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """The clock of the loop and the sources."""

    @property
    def stopped(self) -> bool:
        """Whether a stop was requested."""

    def now(self) -> float:
        """Return the seconds since some moment; they never go back."""

    def sleep(self, seconds: float) -> None:
        """Wait this long, or until a stop is requested."""


class SystemClock:
    """Real time: CLOCK_MONOTONIC, with which Linux cameras also stamp their frames."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stop.is_set()

    def stop(self) -> None:
        """End every wait, now and from now on; may be called from a signal handler."""
        self._stop.set()

    def now(self) -> float:
        """Return the seconds since some moment; they never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait this long, or until `stop` is called."""
        self._stop.wait(max(0.0, seconds))
