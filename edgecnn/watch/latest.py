"""A camera as a source: a thread reads it continuously, and only the newest frame is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from edgecnn.errors import EdgecnnError
from edgecnn.watch.clock import Clock
from edgecnn.watch.frame import Frame, Pixels, SourceLostError

STALLED_SECONDS = 10.0
"""Seconds without a frame after which a camera is lost."""

_JOIN_SECONDS = 2.0


class Camera(Protocol):
    """The interface to a camera library; all calls come from one thread."""

    def grab(self) -> float:
        """Wait for the next frame and return when it was captured, in seconds of the clock.

        Raises:
            DeviceError: the camera is gone.
        """

    def retrieve(self) -> Pixels:
        """Return the last grabbed frame."""

    def close(self) -> None:
        """Release the device."""


class Latest:
    """The newest frame of a camera.

    A camera that is read too slowly queues frames in its driver, and the reader gets old ones. So a thread grabs every
    frame at once. Frames that arrive before `period` allows the next one are not even decoded.
    """

    def __init__(self, open_camera: Callable[[], Camera], clock: Clock, period: float = 0.0) -> None:
        """Open the camera on the thread that reads it; `newest` raises any error from that."""
        self.seen = 0
        self.dropped = 0
        self._open_camera = open_camera
        self._clock = clock
        self._period = period
        self._wanted_from = self._alive_at = clock.now()
        self._interval = 0.0
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._error: Exception | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._read, name="camera", daemon=True)
        self._thread.start()

    def newest(self, timeout: float) -> Frame | None:
        """Return the newest unread frame, or None if none arrives within `timeout` seconds.

        Raises:
            DeviceError: the camera cannot be opened.
            SourceLostError: it gives no more frames.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None or self._error is not None, timeout)
            frame, self._frame = self._frame, None
            if frame is not None:
                # two frames early, so that a decoded one is ready in time
                self._wanted_from = self._clock.now() + self._period - 2 * self._interval
                return frame
            if isinstance(self._error, EdgecnnError):
                raise self._error if self.seen == 0 else SourceLostError(str(self._error))
            if self._error is not None:
                raise self._error
            if self._clock.now() - self._alive_at > STALLED_SECONDS:
                raise SourceLostError(f"no frame for {STALLED_SECONDS:.0f} seconds")
            return None

    def close(self) -> bool:
        """End the thread, which closes the camera; return whether it ended."""
        self._closing = True
        self._thread.join(_JOIN_SECONDS)
        return not self._thread.is_alive()

    def _read(self) -> None:
        try:
            camera = self._open_camera()
            try:
                while not self._closing:
                    self._keep(camera.grab(), camera)
            finally:
                camera.close()
        except Exception as error:  # raised again by `newest`, on the thread that can tell the user
            with self._changed:
                self._error = error
                self._changed.notify_all()

    def _keep(self, captured: float, camera: Camera) -> None:
        now = self._clock.now()
        self._interval, self._alive_at = (now - self._alive_at) if self.seen else 0.0, now
        wanted = now >= self._wanted_from
        pixels = camera.retrieve() if wanted else None
        with self._changed:
            self.seen += 1
            if pixels is None or self._frame is not None:
                self.dropped += 1
            if pixels is not None:
                self._frame = Frame(pixels, captured, self.seen)
                self._changed.notify_all()
