"""A Raspberry Pi's camera through picamera2, which Raspberry Pi OS installs (python3-picamera2)."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

import numpy as np

from edgecnn.errors import DeviceError, first_line
from edgecnn.watch.clock import Clock
from edgecnn.watch.frame import Pixels

_RGB_IN_MEMORY = "BGR888"
"""What picamera2 calls red, green, blue in memory: its names are those of Linux's DRM, which read from the highest
byte of a little-endian number. "RGB888" gives blue first."""

_CHANNELS = {
    "BGR888": (0, 1, 2),
    "RGB888": (2, 1, 0),
    "XBGR8888": (0, 1, 2),
    "XRGB8888": (2, 1, 0),
}
"""Where red, green and blue are, by the name of the format. Source: the Picamera2 manual, "Image formats"."""

_USUAL_SIZE = (640, 480)
_PLAUSIBLE_AGE = 10.0


class PiCamera:
    """A `Camera` over picamera2."""

    def __init__(self, camera: Any, clock: Clock) -> None:
        """Wrap a configured and started camera."""
        self._camera = camera
        self._clock = clock
        self._channels = list(_channels(camera.camera_configuration()["main"]["format"]))
        self._request: Any = None

    def grab(self) -> float:
        """Wait for the next frame and return when its exposure began, as reported by the sensor."""
        self._release()
        self._request = self._camera.capture_request()
        now = self._clock.now()
        stamp = (self._request.get_metadata().get("SensorTimestamp") or 0) / 1e9
        return stamp if 0 <= now - stamp < _PLAUSIBLE_AGE else now

    def retrieve(self) -> Pixels:
        """Return the last grabbed frame."""
        return np.ascontiguousarray(self._request.make_array("main")[..., self._channels])

    def close(self) -> None:
        """Release the camera."""
        self._release()
        self._camera.stop()
        self._camera.close()

    def _release(self) -> None:
        """Return the buffer; there are few, and without a free one the camera stops."""
        if self._request is not None:
            self._request.release()
            self._request = None


def is_installed() -> bool:
    """Whether picamera2 is installed."""
    return importlib.util.find_spec("picamera2") is not None


def count_cameras() -> int:
    """Return how many cameras picamera2 finds; 0 if it is missing or does not work."""
    if not is_installed():
        return 0
    try:
        return len(_import_picamera2().Picamera2.global_camera_info())
    except DeviceError:
        return 0


def open_picamera(number: int, size: tuple[int, int] | None, clock: Clock) -> PiCamera:
    """Return a Raspberry Pi's camera, started.

    Args:
        number: of the camera, from 0.
        size: width and height; None is 640×480.

    Raises:
        DeviceError: picamera2 is missing, or there is no such camera, or another program has it.
    """
    module = _import_picamera2()
    found = len(module.Picamera2.global_camera_info())
    if number >= found:
        raise DeviceError(
            f"picamera2 finds {found} cameras, none with number {number}; check the ribbon cable and `rpicam-hello`"
        )
    try:
        camera = module.Picamera2(number)
        main = {"format": _RGB_IN_MEMORY, "size": size or _USUAL_SIZE}
        camera.configure(camera.create_video_configuration(main=main))
        camera.start()
        return PiCamera(camera, clock)
    except (RuntimeError, IndexError, OSError) as error:
        raise DeviceError(f"the camera cannot be used ({first_line(error)}): is another program using it?") from error


def _import_picamera2() -> Any:
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "3")  # errors alone
    try:
        import picamera2
    except Exception as error:  # its parts are compiled against the system's Python and NumPy
        raise DeviceError(
            f"picamera2 cannot be imported ({first_line(error)}); sudo apt install python3-picamera2, and make the "
            "environment with `python3 -m venv --system-site-packages`"
        ) from error
    picamera2.Picamera2.set_logging(picamera2.Picamera2.ERROR)
    return picamera2


def _channels(name: str) -> tuple[int, ...]:
    if name not in _CHANNELS:
        raise DeviceError(f"the camera gives pictures of the format {name}, which edgecnn does not know")
    return _CHANNELS[name]
