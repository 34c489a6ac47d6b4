"""The source that a word of the command line means."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edgecnn.errors import DataError, DeviceError
from edgecnn.pictures import SUFFIXES
from edgecnn.watch.clock import Clock
from edgecnn.watch.frame import Source
from edgecnn.watch.latest import Camera, Latest
from edgecnn.watch.reopen import Reopening


class Kind(enum.Enum):
    """A kind of source. A CAMERA or STREAM never ends, a VIDEO ends, and a FOLDER drops nothing."""

    PICAMERA = "picamera2"
    CAMERA = "camera"
    STREAM = "stream"
    FOLDER = "folder"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How a source is opened.

    Attributes:
        period: least seconds between two frames.
        size: width and height to request from a camera.
        every_frame: whether to read every frame of a video instead of playing it.
        existing: whether to include pictures already in the folder.
        poll: seconds between polls of the folder; None waits for the kernel's events.
    """

    period: float = 0.0
    size: tuple[int, int] | None = None
    every_frame: bool = False
    existing: bool = False
    poll: float | None = None


def kind_of(name: str) -> Kind:
    """Return the kind of source that `name` means.

    Args:
        name: "camera" for the first one, "picamera2" or "picamera2:1", a number or a device for V4L2, a URL, a folder,
            or a video file.

    Raises:
        DataError: there is no such file, or it is a picture.
    """
    from edgecnn.watch import picamera

    if name == "camera":
        return Kind.PICAMERA if picamera.count_cameras() else Kind.CAMERA
    if name.partition(":")[0] == "picamera2":
        return Kind.PICAMERA
    path = Path(name)
    if name.isdecimal() or name.startswith("/dev/") or path.is_char_device():
        return Kind.CAMERA
    if "://" in name:
        return Kind.STREAM
    return Kind.FOLDER if path.is_dir() else _kind_of_file(path)


def _kind_of_file(path: Path) -> Kind:
    if not path.exists():
        raise DataError(
            f"nothing to watch at {path}: give camera, picamera2, a device such as /dev/video0, "
            "a URL, a folder or a video"
        )
    if path.suffix.lower() in SUFFIXES - {".gif"}:
        raise DataError(f"{path} is a picture: classify it with `edgecnn predict {path}`")
    return Kind.VIDEO


def shown(name: str) -> str:
    """Return the name of a source without the password of a URL."""
    scheme, colon, rest = name.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{colon}{host.rpartition('@')[2]}{slash}{path}"


def open_source(name: str, kind: Kind, options: SourceOptions, clock: Clock, report: Callable[[str], None]) -> Source:
    """Return the source that `name` means.

    A lost camera, stream or folder is reopened, and `report` gets a line.

    Raises:
        DeviceError: a package is missing; a camera's own errors come from its first `newest`.
        DataError: the video or folder cannot be read.
    """
    if kind is Kind.VIDEO:
        from edgecnn.watch.video import open_video

        return open_video(Path(name), clock, every_frame=options.every_frame)
    if kind is Kind.FOLDER:
        from edgecnn.watch.folder import Folder

        opened = iter((options.existing,))  # after a loss, existing files are not new
        return Reopening(
            lambda: Folder(Path(name), clock, existing=next(opened, False), poll=options.poll),
            clock,
            report,
            is_there=True,
        )
    return Reopening(
        lambda: Latest(lambda: _open_camera(name, kind, options, clock), clock, options.period),
        clock,
        report,
    )


def _open_camera(name: str, kind: Kind, options: SourceOptions, clock: Clock) -> Camera:
    from edgecnn.watch import opencv, picamera

    if kind is Kind.PICAMERA:
        number = name.partition(":")[2] or "0"
        if not number.isdecimal():
            raise DeviceError(f"{number!r} is not a camera number: give picamera2:0 or picamera2:1")
        return picamera.open_picamera(int(number), options.size, clock)
    if kind is Kind.STREAM:
        return opencv.open_stream(name, shown(name), clock)
    if name != "camera":
        return opencv.open_device(Path(f"/dev/video{name}" if name.isdecimal() else name), options.size, clock)
    opencv.import_cv2()
    cameras = opencv.find_cameras()
    if not cameras:
        raise DeviceError(
            "no camera here: plug one in; a Raspberry Pi's ribbon camera needs sudo apt install python3-picamera2"
        )
    return opencv.open_device(cameras[0], options.size, clock)
