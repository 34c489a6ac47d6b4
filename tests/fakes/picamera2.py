"""A module `picamera2` for tests: as the real one it names formats by Linux's DRM, so that "RGB888" is blue first.

FAKE_PICTURE is a .npy file with what the camera sees, RGB. FAKE_FORMAT is what the camera gives whatever was asked
for. There are four buffers: who does not give them back gets no more frames. After FAKE_FRAMES the camera is silent.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import numpy as np

_BUFFERS = 4
_ORDER = {"RGB888": (2, 1, 0), "BGR888": (0, 1, 2), "XRGB8888": (2, 1, 0, 3), "XBGR8888": (0, 1, 2, 3)}


class _Request:
    def __init__(self, camera: Picamera2) -> None:
        self._camera = camera

    def make_array(self, name: str) -> Any:
        assert name == "main"
        picture = np.load(os.environ["FAKE_PICTURE"])
        padded = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
        return padded[..., _ORDER[self._camera.config["main"]["format"]]]

    def get_metadata(self) -> dict[str, Any]:
        return {"SensorTimestamp": time.monotonic_ns() - 50_000_000}

    def release(self) -> None:
        self._camera.free.release()


class Picamera2:
    ERROR = 40
    config: dict[str, Any]

    def __init__(self, number: int = 0) -> None:
        self.free = threading.Semaphore(_BUFFERS)
        self._left = int(os.environ.get("FAKE_FRAMES", "1000000"))
        self._started = False

    @staticmethod
    def set_logging(level: int) -> None:
        assert level == Picamera2.ERROR

    @staticmethod
    def global_camera_info() -> list[dict[str, Any]]:
        return [{"Num": 0}]

    def create_video_configuration(self, main: dict[str, Any]) -> dict[str, Any]:
        return {"main": dict(main)}

    def configure(self, config: dict[str, Any]) -> None:
        self.config = config
        config["main"]["format"] = os.environ.get("FAKE_FORMAT", config["main"]["format"])

    def camera_configuration(self) -> dict[str, Any]:
        return self.config

    def start(self) -> None:
        self._started = True

    def capture_request(self) -> _Request:
        assert self._started
        if not self._left:
            threading.Event().wait()
        self._left -= 1
        self.free.acquire()
        time.sleep(0.01)
        return _Request(self)

    def stop(self) -> None:
        self._started = False

    def close(self) -> None:
        assert not self._started
