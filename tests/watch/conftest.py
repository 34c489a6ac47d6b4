"""Pictures and videos that the shipped model knows, and the command as a process."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # edgecnn sets it; but here OpenCV comes first

import cv2
import numpy as np
import pytest
from PIL import Image

from edgecnn.data.sample import load_test_sample
from tests.conftest import PATIENCE

SIZE = (160, 120)


@pytest.fixture(scope="session")
def pictures() -> list[np.ndarray]:
    """Eight pictures of 160×120, uint8 RGB, of which the first two are of different labels, surely."""
    images = load_test_sample().images
    return [np.asarray(Image.fromarray(images[number]).resize(SIZE, Image.Resampling.BICUBIC)) for number in range(8)]


@pytest.fixture(scope="session")
def answers(pictures: list[np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What `edgecnn predict` says of them, from lossless files: label and score."""
    folder = tmp_path_factory.mktemp("pictures")
    paths = [folder / f"{number}.png" for number in range(len(pictures))]
    for path, picture in zip(paths, pictures, strict=True):
        Image.fromarray(picture).save(path)
    command = [sys.executable, "-m", "edgecnn", "predict", *map(str, paths), "--json", "--top", "1"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return [one["answers"][0] for one in json.loads(ran.stdout)]


def write_video(path: Path, pictures: list[np.ndarray], repeat: int, codec: str, fps: float = 30) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), fps, SIZE)
    for picture in pictures:
        for _ in range(repeat):
            writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    writer.release()
    return path


@dataclass
class Watching:
    """A running `edgecnn watch --json`; its lines are read as they come."""

    process: subprocess.Popen[str]
    errors: list[str] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)

    def read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                self.errors.append(line.rstrip())
                self._news.notify_all()

    def next(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"it ended: {self.errors}"
        value: dict[str, Any] = json.loads(line)
        return value

    def until(self, label: str) -> dict[str, Any]:
        while (value := self.next())["label"] != label:
            pass
        return value

    def wait_for_error(self, words: str) -> None:
        with self._news:
            assert self._news.wait_for(lambda: any(words in line for line in self.errors), PATIENCE), self.errors

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@pytest.fixture
def start() -> Iterator[Callable[..., Watching]]:
    """Return a function that starts `edgecnn watch` with arguments."""
    with contextlib.ExitStack() as stack:

        def begin(*arguments: str | Path, **environment: str) -> Watching:
            command = [sys.executable, "-m", "edgecnn", "watch", *map(str, arguments)]
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
            process = subprocess.Popen(command, text=True, env={**os.environ, **environment}, **pipes)  # type: ignore[call-overload]
            watching = Watching(process)
            thread = threading.Thread(target=watching.read_errors)
            thread.start()
            for each in (process.stdout.close, process.stderr.close, thread.join, process.wait, process.kill):
                stack.callback(each)
            return watching

        yield begin
