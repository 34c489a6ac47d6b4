"""A real server in a process of its own, and requests that no client library would send."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from edgecnn.data.sample import load_test_sample
from edgecnn.models.registry import shipped_folder
from tests.conftest import PATIENCE

TFLITE = shipped_folder("tutorial_cnn") / "tutorial_cnn-int8.tflite"
ONNX = shipped_folder("tutorial_cnn") / "tutorial_cnn-int8.onnx"


@dataclass(frozen=True)
class Served:
    """A running server."""

    port: int
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, dict[str, str]]:
        """Return status, body (JSON where it is) and headers in lower case of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            return read_answer(connection.getresponse())
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)


def read_answer(response: http.client.HTTPResponse) -> tuple[int, Any, dict[str, str]]:
    content = response.read()
    headers = {name.lower(): value for name, value in response.getheaders()}
    is_json = headers.get("content-type") == "application/json"
    return response.status, json.loads(content) if is_json else content, headers


def answer_on(connection: socket.socket) -> tuple[int, Any, dict[str, str]]:
    """Return the answer that comes next on a socket."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    return read_answer(response)


@contextmanager
def serving(*arguments: object) -> Iterator[Served]:
    command = [sys.executable, "-m", "edgecnn", "serve", "--port", "0", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stdout is not None
    try:
        lines = []
        for line in process.stderr:
            lines.append(line)
            if found := re.search(r"serving .* at http://\S+:(\d+)", line):
                break
        else:
            raise AssertionError(f"the server did not start: {lines}")
        yield Served(int(found[1]), process)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def pictures(count: int) -> npt.NDArray[np.uint8]:
    return load_test_sample().images[:count]


def file_of(pixels: npt.NDArray[np.uint8], kind: str = "PNG") -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def save_picture(path: Path) -> Path:
    path.write_bytes(file_of(pictures(1)[0]))
    return path
