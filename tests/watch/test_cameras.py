"""Cameras: OpenCV's own V4L2 code over a driver of ours, a stream over HTTP, and picamera2's names for colours."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edgecnn.errors import DeviceError
from edgecnn.watch.frame import Frame, SourceLostError
from edgecnn.watch.latest import Latest
from tests.conftest import PATIENCE
from tests.fakes.camera import BLACK, FakeClock
from tests.watch.conftest import Watching

FAKES = Path(__file__).parents[1] / "fakes"


class Scripted:
    """A camera that gives a frame for each time the test lets it."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.allowed, self.given = threading.Semaphore(0), threading.Semaphore(0)
        self.decoded = 0
        self.is_gone = self.is_closed = False

    def grab(self) -> float:
        self.given.release()  # the frame before is kept by now
        self.allowed.acquire()
        if self.is_gone:
            raise DeviceError("pulled out")
        return self.clock.now()

    def retrieve(self) -> Any:
        self.decoded += 1
        return BLACK

    def close(self) -> None:
        self.is_closed = True

    def give(self, frames: int, interval: float = 0.1) -> None:
        """Let so many come and wait until the reader has dealt with them."""
        for _ in range(frames):
            self.clock.sleep(interval)
            self.allowed.release()
            self.given.acquire()


@pytest.fixture
def scripted() -> Iterator[tuple[Scripted, Callable[..., Latest], FakeClock]]:
    clock = FakeClock()
    camera = Scripted(clock)
    made = []

    def begin(**options: float) -> Latest:
        made.append(Latest(lambda: camera, clock, **options))
        camera.given.acquire()
        return made[0]

    yield camera, begin, clock
    camera.is_gone = True
    camera.allowed.release(2)
    assert made[0].close()
    assert camera.is_closed


def test_only_the_newest_frame_of_a_camera_is_kept(scripted: Any) -> None:
    camera, begin, _ = scripted
    latest = begin()
    assert latest.newest(0) is None
    camera.give(5)
    frame = latest.newest(0)
    assert isinstance(frame, Frame)
    assert frame.number == 5
    assert frame.captured == pytest.approx(0.5)
    assert (latest.seen, latest.dropped) == (5, 4)
    assert latest.newest(0) is None


def test_frames_that_are_not_wanted_yet_are_not_even_decoded(scripted: Any) -> None:
    """Of 8 a second, one a second is asked for: the two before the time has come are decoded, and the one then."""
    camera, begin, _ = scripted
    latest = begin(period=1.0)
    camera.give(2, 0.125)
    assert latest.newest(0)
    assert camera.decoded == 2
    camera.give(8, 0.125)
    frame = latest.newest(0)
    assert isinstance(frame, Frame)
    assert (frame.number, camera.decoded) == (10, 2 + 3)
    assert (latest.seen, latest.dropped) == (10, 1 + 7)


def test_a_camera_that_is_pulled_out_is_lost_and_one_that_is_silent_too(scripted: Any) -> None:
    camera, begin, clock = scripted
    latest = begin()
    camera.give(1)
    latest.newest(0)
    clock.sleep(9)
    assert latest.newest(0) is None
    clock.sleep(2)
    with pytest.raises(SourceLostError, match="no frame for 10 seconds"):
        latest.newest(0)
    camera.is_gone = True
    camera.allowed.release()
    with pytest.raises(SourceLostError, match="pulled out"):
        latest.newest(5)


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fake driver as a shared object; it needs a C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler and the kernel's headers: apt install gcc libc6-dev")
    built = tmp_path_factory.mktemp("driver") / "fake_v4l2.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", built, FAKES / "v4l2.c", "-ldl"], check=True)
    return built


@pytest.fixture
def v4l2(driver: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of a process that has a camera at video0; the node must be a character device."""
    (tmp_path / "video0").symlink_to("/dev/null")
    return {
        "LD_PRELOAD": str(driver),
        "FAKE_V4L2": str(tmp_path / "video0"),
        "FAKE_PICTURE": str(tmp_path / "picture.raw"),
    }


def show(environment: dict[str, str], content: bytes) -> None:
    """Put a picture before the camera at once: a half-written one would be a camera that was pulled out."""
    path = Path(environment["FAKE_PICTURE"])
    path.with_suffix(".new").write_bytes(content)
    path.with_suffix(".new").replace(path)


def test_a_v4l2_camera_is_classified_as_predict_does_and_comes_back_when_it_was_pulled_out(
    v4l2: dict[str, str], pictures: list[np.ndarray], answers: list[dict[str, Any]], start: Callable[..., Watching]
) -> None:
    show(v4l2, pictures[0].tobytes())
    watching = start(v4l2["FAKE_V4L2"], "--json", **v4l2)
    first = watching.next()
    assert first["label"] == answers[0]["label"]
    assert first["score"] == pytest.approx(answers[0]["score"], abs=1e-6)
    assert first["age_ms"] >= 1000  # this driver says that each frame was exposed a second ago
    show(v4l2, pictures[1].tobytes())
    second = watching.until(answers[1]["label"])
    assert second["score"] == pytest.approx(answers[1]["score"], abs=1e-6)
    show(v4l2, b"")
    watching.wait_for_error("gives no more frames; trying again every 1 to 30 seconds")
    show(v4l2, pictures[0].tobytes())
    watching.wait_for_error("edgecnn: back")
    watching.until(answers[0]["label"])
    assert watching.end() == 0
    assert len([line for line in watching.errors if "frames seen" not in line]) == 2


@pytest.mark.parametrize(("name", "found"), [("uvcvideo", True), ("bcm2835-isp", False), ("unicam", False)])
def test_a_raspberry_pis_video_nodes_that_are_no_cameras_are_told_apart(
    v4l2: dict[str, str], tmp_path: Path, name: str, found: bool
) -> None:
    script = "import sys, pathlib, edgecnn.watch.opencv as o; print(*o.find_cameras(pathlib.Path(sys.argv[1])))"
    (tmp_path / "video10").write_text("not even a device")
    ran = subprocess.run(
        [sys.executable, "-c", script, tmp_path],
        env={**os.environ, **v4l2, "FAKE_DRIVER": name},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == (v4l2["FAKE_V4L2"] if found else "")


class StreamServer:
    """Motion JPEG over HTTP: sends `picture` 50 times a second, goes silent, or hangs up."""

    def __init__(self, picture: np.ndarray) -> None:
        self.picture = picture
        self.mode = "send"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/stream"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while self.mode != "end":
            connection, _ = self._listener.accept()
            with connection:
                if self.mode == "send":
                    self._serve(connection)
        self._listener.close()

    def _serve(self, connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=next\r\n\r\n")
        try:
            while self.mode in ("send", "silent"):
                if self.mode == "send":
                    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(self.picture, cv2.COLOR_RGB2BGR))
                    body = jpeg.tobytes()
                    head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(body)}\r\n\r\n"
                    connection.sendall(head.encode() + body + b"\r\n")
                time.sleep(0.02)
        except OSError:  # the watcher has gone
            return

    def end(self) -> None:
        self.mode = "end"
        with socket.create_connection(self._listener.getsockname()):
            pass


@pytest.fixture
def stream(pictures: list[np.ndarray]) -> Iterator[StreamServer]:
    server = StreamServer(pictures[0])
    yield server
    server.end()


def test_a_stream_is_followed_lost_found_again_and_left_while_it_is_silent(
    stream: StreamServer, pictures: list[np.ndarray], answers: list[dict[str, Any]], start: Callable[..., Watching]
) -> None:
    watching = start(stream.url, "--json", "--fps", "20")
    watching.until(answers[0]["label"])
    stream.picture = pictures[1]
    watching.until(answers[1]["label"])
    stream.mode = "hung up"
    watching.wait_for_error("gives no more frames; trying again every 1 to 30 seconds")
    stream.picture, stream.mode = pictures[0], "send"
    watching.wait_for_error("edgecnn: back")
    last = watching.until(answers[0]["label"])
    assert last["dropped"] > 0
    stream.mode = "silent"
    time.sleep(0.2)  # so that the reader waits inside of FFmpeg
    assert watching.end() == 0
    watching.wait_for_error("frames seen")


@pytest.fixture
def picamera(tmp_path: Path, pictures: list[np.ndarray]) -> dict[str, str]:
    """The environment of a process that has picamera2 and sees the first picture."""
    shutil.copy(FAKES / "picamera2.py", tmp_path / "picamera2.py")
    np.save(tmp_path / "picture.npy", pictures[0])
    path = f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    return {"PYTHONPATH": path, "FAKE_PICTURE": str(tmp_path / "picture.npy")}


@pytest.mark.parametrize("given", ["", "RGB888", "XRGB8888"], ids=["as asked for", "RGB888", "XRGB8888"])
def test_picamera2s_colours_are_right_whatever_it_calls_them(
    picamera: dict[str, str], answers: list[dict[str, Any]], start: Callable[..., Watching], given: str
) -> None:
    watching = start("camera", "--json", "--count", "12", **picamera, **({"FAKE_FORMAT": given} if given else {}))
    for _ in range(12):  # more than it has buffers
        line = watching.next()
        assert line["label"] == answers[0]["label"]
        assert line["score"] == pytest.approx(answers[0]["score"], abs=1e-6)
        assert line["age_ms"] >= 50  # the sensor's time stamp counts
    assert watching.process.wait(PATIENCE) == 0


def test_a_picamera2_with_unknown_colours_or_number_is_one_line(
    picamera: dict[str, str], start: Callable[..., Watching]
) -> None:
    watching = start("picamera2", FAKE_FORMAT="YUV420", **picamera)
    assert watching.process.wait(PATIENCE) == 1
    watching.wait_for_error("the format YUV420, which edgecnn does not know")
    watching = start("picamera2:1", **picamera)
    assert watching.process.wait(PATIENCE) == 1
    watching.wait_for_error("finds 1 cameras, none with number 1")
