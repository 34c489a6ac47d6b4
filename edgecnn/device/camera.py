"""The cameras of this machine, found without opening one."""

from __future__ import annotations

import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from edgecnn.device.kernel_files import numbered, read_text

_NO_CAMERAS = ("bcm2835-codec", "bcm2835-isp", "pispbe", "rpivid", "rpi-hevc")
"""Names of a Raspberry Pi's video devices that are codecs or converters. Source: its kernel's drivers."""

_COMMANDS = ("rpicam-hello", "libcamera-hello", "cam")
"""Programs of libcamera, on Raspberry Pi OS trixie and bookworm, and elsewhere."""


@dataclass(frozen=True, slots=True)
class VideoDevice:
    """A camera as the kernel presents it.

    Attributes:
        path: "/dev/video0".
        name: from the driver.
        is_accessible: whether this user may open it.
    """

    path: str
    name: str | None
    is_accessible: bool


@dataclass(frozen=True, slots=True)
class Cameras:
    """The cameras, and the software to read them.

    Attributes:
        devices: the video devices; a USB camera often has two.
        libcamera: an installed program of libcamera; None if there is none.
        has_picamera2: whether this Python can import the package.
        is_picamera2_outside: whether only the system's Python has it, and this one is in a virtual environment.
    """

    devices: tuple[VideoDevice, ...]
    libcamera: str | None
    has_picamera2: bool
    is_picamera2_outside: bool


def find_cameras(root: Path = Path("/")) -> Cameras:
    """Return the cameras of this machine; tests pass another `root` of the file system."""
    has_picamera2 = importlib.util.find_spec("picamera2") is not None
    return Cameras(
        tuple(_video_devices(root)),
        next((name for name in _COMMANDS if shutil.which(name)), None),
        has_picamera2,
        not has_picamera2 and (root / "usr/lib/python3/dist-packages/picamera2").is_dir(),
    )


def _video_devices(root: Path) -> list[VideoDevice]:
    devices = []
    for path in numbered(root / "dev", "video"):
        name = read_text(root / "sys/class/video4linux" / path.name / "name")
        if name is None or not name.startswith(_NO_CAMERAS):
            devices.append(VideoDevice(f"/dev/{path.name}", name, os.access(path, os.R_OK | os.W_OK)))
    return devices
