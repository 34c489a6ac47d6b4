"""Cameras and network streams through OpenCV."""

from __future__ import annotations

import fcntl
import os
import stat
import struct
from pathlib import Path
from typing import Any

from edgecnn.errors import DeviceError
from edgecnn.watch.clock import Clock
from edgecnn.watch.frame import Pixels

_TIMEOUT_MS = 5000
"""Time without an answer after which a stream is given up."""

_PLAUSIBLE_AGE = 10.0
"""Seconds; a driver whose time stamps are older uses another clock."""

_QUERY_CAPABILITIES = 0x80685600
_CAPABILITIES_FORMAT = "=16s32s32sIII12x"
_VIDEO_CAPTURE = 0x1
"""Source: VIDIOC_QUERYCAP, struct v4l2_capability and V4L2_CAP_VIDEO_CAPTURE in linux/videodev2.h."""

_NO_CAMERAS = (b"bcm2835-codec", b"bcm2835-isp", b"pispbe", b"rpi-hevc-dec", b"rp1-cfe", b"unicam")
"""Drivers of a Raspberry Pi's codecs, image processors and raw sensors: their nodes give no pictures to OpenCV."""


def import_cv2() -> Any:
    """Return OpenCV, told to be silent.

    Raises:
        DeviceError: it is not installed.
    """
    os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")  # errors are reported in one line of our own
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", str(_TIMEOUT_MS // 1000))
    try:
        import cv2
    except ImportError as error:
        raise DeviceError("cameras and videos are read with OpenCV; pip install 'edgecnn[camera]'") from error
    cv2.utils.logging.setLogLevel(
        cv2.utils.logging.LOG_LEVEL_SILENT
    )  # the variable has no effect if OpenCV is already imported
    return cv2


class OpencvCamera:
    """A `Camera` over an open `cv2.VideoCapture`."""

    def __init__(self, cv2: Any, capture: Any, clock: Clock, name: str) -> None:
        self._cv2 = cv2
        self._capture = capture
        self._clock = clock
        self._name = name
        self._has_driver_time = capture.getBackendName() == "V4L2"

    def grab(self) -> float:
        """Wait for the next frame and return when it was captured.

        V4L2's position is the driver's CLOCK_MONOTONIC, which is the time of the exposure and not of the arrival.
        """
        if not self._capture.grab():
            raise DeviceError(f"{self._name} gives no more frames")
        now = self._clock.now()
        if self._has_driver_time:
            stamp = self._capture.get(self._cv2.CAP_PROP_POS_MSEC) / 1000
            if 0 <= now - stamp < _PLAUSIBLE_AGE:
                return float(stamp)
        return now

    def retrieve(self) -> Pixels:
        """Return the last grabbed frame; OpenCV gives BGR."""
        is_good, pixels = self._capture.retrieve()
        if not is_good:
            raise DeviceError(f"{self._name} gave a frame that cannot be decoded")
        rgb: Pixels = self._cv2.cvtColor(pixels, self._cv2.COLOR_BGR2RGB)
        return rgb

    def close(self) -> None:
        """Release the device."""
        self._capture.release()


def open_device(device: Path, size: tuple[int, int] | None, clock: Clock) -> OpencvCamera:
    """Return a V4L2 camera.

    Args:
        device: such as /dev/video0.
        size: width and height to request; the driver may choose others.

    Raises:
        DeviceError: OpenCV is missing, or the device is missing, forbidden, busy, or not a camera.
    """
    cv2 = import_cv2()
    _check_device(device)
    capture = cv2.VideoCapture(str(device), cv2.CAP_V4L2)
    if not capture.isOpened():
        raise DeviceError(f"{device} gives no pictures: another program has it, or it is not a camera")
    if size:
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
    return OpencvCamera(cv2, capture, clock, str(device))


def open_stream(url: str, name: str, clock: Clock) -> OpencvCamera:
    """Return a camera on the network, by any URL that FFmpeg reads (http, rtsp …); `name` is for messages.

    Raises:
        DeviceError: OpenCV is missing, or nothing answers there.
    """
    cv2 = import_cv2()
    timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _TIMEOUT_MS]
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, timeouts)
    if not capture.isOpened():
        raise DeviceError(f"no video stream at {name}; check the address, and that its server runs")
    return OpencvCamera(cv2, capture, clock, name)


def find_cameras(folder: Path = Path("/dev")) -> tuple[Path, ...]:
    """Return the V4L2 devices that give pictures, in the order of their numbers."""
    numbered = (path for path in folder.glob("video*") if path.name[5:].isdecimal())
    return tuple(one for one in sorted(numbered, key=lambda path: int(path.name[5:])) if _is_camera(one))


def _is_camera(device: Path) -> bool:
    """Ask the driver; a forbidden device counts, so that the error can say so."""
    try:
        descriptor = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    except PermissionError:
        return True
    except OSError:
        return False
    try:
        answer = fcntl.ioctl(descriptor, _QUERY_CAPABILITIES, bytes(struct.calcsize(_CAPABILITIES_FORMAT)))
    except OSError:
        return False
    finally:
        os.close(descriptor)
    driver, _, _, _, _, capabilities = struct.unpack(_CAPABILITIES_FORMAT, answer)
    return bool(capabilities & _VIDEO_CAPTURE) and driver.rstrip(b"\0") not in _NO_CAMERAS


def _check_device(device: Path) -> None:
    try:
        is_device = stat.S_ISCHR(device.stat().st_mode)
    except OSError as error:
        there = ", ".join(str(one) for one in find_cameras()) or "none"
        raise DeviceError(f"no camera at {device}; cameras here: {there}") from error
    if not is_device:
        raise DeviceError(f"{device} is not a camera device")
    if not os.access(device, os.R_OK | os.W_OK):
        raise DeviceError(
            f"{device} may not be opened: sudo usermod -aG video $USER, then log in again; a container needs the device"
        )
