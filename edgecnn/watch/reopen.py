"""A source that comes back: a lost camera is reopened, at growing intervals."""

from __future__ import annotations

from collections.abc import Callable

from edgecnn.errors import DeviceError, EdgecnnError
from edgecnn.watch.clock import Clock
from edgecnn.watch.frame import Frame, Source

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds between two attempts; each pause is twice the one before."""


class Reopening:
    """A source that reopens its source with `open_source`.

    A source that cannot be opened at the start is an error; one lost later is retried forever.
    """

    def __init__(
        self, open_source: Callable[[], Source], clock: Clock, report: Callable[[str], None], *, is_there: bool = False
    ) -> None:
        """Open the source.

        Args:
            report: gets one line when the source is lost and one when it is back.
            is_there: whether opening proves that it is there, as with a folder; with a camera, the first frame does.
        """
        self._open = open_source
        self._clock = clock
        self._report = report
        self._before = (0, 0)
        self._pause = 0.0
        self._next_try = 0.0
        self._is_proven = is_there
        self._is_lost = False
        self._source: Source | None = open_source()

    @property
    def seen(self) -> int:
        """How many frames have arrived so far, over all reopenings."""
        return self._before[0] + (self._source.seen if self._source else 0)

    @property
    def dropped(self) -> int:
        """How many of them were replaced."""
        return self._before[1] + (self._source.dropped if self._source else 0)

    def newest(self, timeout: float) -> Frame | None:
        """Return the newest frame, or None if none arrives within `timeout` seconds, as while the source is lost.

        Raises:
            DeviceError: it cannot be opened the first time, or its driver hangs and only a new process helps.
        """
        if self._source is None and not self._try_again(timeout):
            return None
        assert self._source is not None
        try:
            frame = self._source.newest(timeout)
        except EdgecnnError as error:
            if not self._is_proven:
                raise
            self._lose(error)
            return None
        if frame is not None:
            self._is_proven = True
            if self._is_lost:
                self._report("back")
            self._is_lost, self._pause = False, 0.0
        return frame

    def close(self) -> bool:
        """Close the open source."""
        return self._source is None or self._source.close()

    def _lose(self, error: Exception) -> None:
        if not self._is_lost:
            self._report(f"lost: {error}; trying again every {FIRST_PAUSE:.0f} to {LONGEST_PAUSE:.0f} seconds")
        self._is_lost = True
        self._plan()
        if self._source is None:
            return
        self._before = (self.seen, self.dropped)
        source, self._source = self._source, None
        if not source.close():
            raise DeviceError(f"the driver hangs ({error}); start again, as systemd does for the unit of --systemd")

    def _try_again(self, timeout: float) -> bool:
        wait = self._next_try - self._clock.now()
        if wait > 0:
            self._clock.sleep(min(wait, timeout))
            if wait > timeout:
                return False
        try:
            self._source = self._open()
        except EdgecnnError as error:
            self._lose(error)
        return self._source is not None

    def _plan(self) -> None:
        self._pause = min(LONGEST_PAUSE, 2 * self._pause or FIRST_PAUSE)
        self._next_try = self._clock.now() + self._pause
