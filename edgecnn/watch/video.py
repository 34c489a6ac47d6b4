"""A video file as a source: played at its own speed like a camera, or frame by frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

from edgecnn.errors import DataError
from edgecnn.watch.clock import Clock
from edgecnn.watch.frame import Ended, Frame
from edgecnn.watch.opencv import import_cv2

_USUAL_FPS = 25.0
"""The frame rate of files that state none, such as raw MJPEG."""

_TOLERANCE = 1e-6
"""Seconds; time stamps are sums of floating-point numbers."""


class Video:
    """Frames of a video file.

    Played, a frame is due at its time stamp; a late reader gets the newest due frame, and those before it are dropped.
    With `every_frame` nothing is dropped and there is no waiting.
    """

    def __init__(self, capture: Any, cv2: Any, clock: Clock, *, every_frame: bool) -> None:
        """Play an open `cv2.VideoCapture`; the first frame is due when it is first requested."""
        self.seen = 0
        self.dropped = 0
        self._capture = capture
        self._cv2 = cv2
        self._clock = clock
        self._every_frame = every_frame
        fps = capture.get(cv2.CAP_PROP_FPS)
        self._interval = 1 / (fps if 0 < fps < 1000 else _USUAL_FPS)
        self._start: float | None = None
        self._first_stamp = 0.0
        self._stamp = -self._interval
        self._is_waiting = False

    def newest(self, timeout: float) -> Frame | None:
        """Return the newest due frame, or None if none is due within `timeout` seconds.

        Raises:
            Ended: there are no more frames.
            DataError: the video has no frames.
        """
        if self._every_frame:
            if not self._grab():
                self._end()
            return self._retrieved(self._clock.now())
        if self._start is None:
            self._start = self._clock.now()
        limit = self._clock.now() + timeout
        while True:
            next_due = self._start + (self._stamp if self._is_waiting else self._stamp + self._interval)
            if next_due > self._clock.now() + _TOLERANCE:
                if next_due > limit:
                    self._clock.sleep(limit - self._clock.now())
                    return None
                self._clock.sleep(next_due - self._clock.now())
                if self._clock.stopped:
                    return None
            if not self._newest_due() and not self._is_waiting:
                self._end()
            if self._is_waiting and self._start + self._stamp <= self._clock.now() + _TOLERANCE:
                return self._retrieved(self._start + self._stamp)

    def close(self) -> bool:
        """Close the file."""
        self._capture.release()
        return True

    def _end(self) -> NoReturn:
        if self.seen == 0:
            raise DataError("the video has no frame that can be decoded")
        raise Ended

    def _newest_due(self) -> bool:
        """Grab up to the newest due frame, and return whether the video continues."""
        assert self._start is not None
        while self._start + self._stamp + self._interval <= self._clock.now() + _TOLERANCE:
            if not self._grab():
                return False
        return True

    def _grab(self) -> bool:
        if not self._capture.grab():
            return False
        position = self._capture.get(self._cv2.CAP_PROP_POS_MSEC) / 1000
        if self.seen == 0:
            self._first_stamp = position
        stamp = position - self._first_stamp
        self._stamp = stamp if stamp > self._stamp else self._stamp + self._interval
        self.seen += 1
        self.dropped += self._is_waiting
        self._is_waiting = True
        return True

    def _retrieved(self, captured: float) -> Frame | None:
        """Return the last grabbed frame; OpenCV can give no other."""
        self._is_waiting = False
        is_good, pixels = self._capture.retrieve()
        if not is_good:
            self.dropped += 1
            return None
        return Frame(self._cv2.cvtColor(pixels, self._cv2.COLOR_BGR2RGB), captured, self.seen)


def open_video(path: Path, clock: Clock, *, every_frame: bool) -> Video:
    """Return the frames of a video file of any kind that FFmpeg reads.

    Raises:
        DeviceError: OpenCV is missing.
        DataError: the file is not a video, or too truncated to read.
    """
    cv2 = import_cv2()
    try:
        path.open("rb").close()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    capture = cv2.VideoCapture(str(path.resolve()), cv2.CAP_FFMPEG)  # absolute, so that no name looks like a URL
    if not capture.isOpened():
        raise DataError(f"{path} cannot be read as a video: it is of another kind, damaged or cut off")
    return Video(capture, cv2, clock, every_frame=every_frame)
