"""Time, and waiting that can be ended: behind a protocol, so that pacing is tested with exact numbers."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """What the loop and the sources know of time."""

    @property
    def stopped(self) -> bool:
        """Whether somebody asked for the end."""

    def now(self) -> float:
        """Return the seconds since some moment; they never go back."""

    def sleep(self, seconds: float) -> None:
        """Wait so long, or until somebody asks for the end."""


class SystemClock:
    """The real time: CLOCK_MONOTONIC, which Linux cameras stamp their frames with, too."""

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
        """Wait so long, or until `stop` is called."""
        self._stop.wait(max(0.0, seconds))
