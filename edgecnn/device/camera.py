"""Which cameras there are, without opening one."""

from __future__ import annotations

import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from edgecnn.device.kernel_files import numbered, read_text

_NO_CAMERAS = ("bcm2835-codec", "bcm2835-isp", "pispbe", "rpivid", "rpi-hevc")
"""Names of the video devices of a Raspberry Pi that decode, encode or convert. Source: its kernel's drivers."""

_COMMANDS = ("rpicam-hello", "libcamera-hello", "cam")
"""Programs that come with libcamera, under Raspberry Pi OS trixie and bookworm, and elsewhere."""


@dataclass(frozen=True, slots=True)
class VideoDevice:
    """One camera as the kernel offers it.

    Attributes:
        path: "/dev/video0".
        name: that the driver gives.
        is_accessible: whether this user may open it.
    """

    path: str
    name: str | None
    is_accessible: bool


@dataclass(frozen=True, slots=True)
class Cameras:
    """The cameras and what there is to read them.

    Attributes:
        devices: one for each way to take pictures; a USB camera often has two.
        libcamera: a program of libcamera's that is installed; None without.
        has_picamera2: whether this Python finds the package.
        is_picamera2_outside: whether only the system's Python has it, where this one is in a virtual environment.
    """

    devices: tuple[VideoDevice, ...]
    libcamera: str | None
    has_picamera2: bool
    is_picamera2_outside: bool


def find_cameras(root: Path = Path("/")) -> Cameras:
    """Return the cameras of this machine; `root` is another file system in tests."""
    has_picamera2 = importlib.util.find_spec("picamera2") is not None
    return Cameras(
        tuple(_video_devices(root)),
        next((name for name in _COMMANDS if shutil.which(name)), None),
        has_picamera2,
        not has_picamera2 and (root / "usr/lib/python3/dist-packages/picamera2").is_dir(),
    )


def _video_devices(root: Path) -> list[VideoDevice]:
    found = []
    for path in numbered(root / "dev", "video"):
        name = read_text(root / "sys/class/video4linux" / path.name / "name")
        if name is None or not name.startswith(_NO_CAMERAS):
            found.append(VideoDevice(f"/dev/{path.name}", name, os.access(path, os.R_OK | os.W_OK)))
    return found
