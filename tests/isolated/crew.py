"""A child that does what it is asked: work, crash, hang, babble."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass

from edgecnn.errors import ContractError
from edgecnn.isolated.messages import Handlers, Request
from edgecnn.progress import Progress


@dataclass(frozen=True, slots=True)
class Place:
    process_id: int
    temporary: str


@dataclass(frozen=True, slots=True)
class Double(Request[tuple[int, ...]]):
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Where(Request[Place]):
    pass


@dataclass(frozen=True, slots=True)
class Convert(Request[str | None]):
    """Report the steps, then do what `last` says."""

    steps: tuple[str, ...]
    last: str


@dataclass(frozen=True, slots=True)
class Grow(Request[int]):
    bytes: int


@dataclass(frozen=True, slots=True)
class StartSleeper(Request[int]):
    """Start a process that outlives its parent, and return its id."""


@dataclass(frozen=True, slots=True)
class Unknown(Request[None]):
    pass


def _crash(number: int) -> None:
    os.write(2, b"loading\nF0000 check failed: rank == 3\n")
    os.kill(os.getpid(), number)


def _raise(error: Exception) -> None:
    raise error


def _babble(content: bytes) -> None:
    for descriptor in range(3, 64):  # wherever the answers go
        with contextlib.suppress(OSError):
            os.write(descriptor, content)


def _close() -> None:
    os.closerange(3, 64)
    time.sleep(600)


LAST: dict[str, Callable[[], object]] = {
    "answer": lambda: None,
    "print": lambda: (os.write(1, b"INFO: noise\n"), print("more"), sys.stdin.read()),
    "segfault": lambda: _crash(signal.SIGSEGV),
    "abort": lambda: _crash(signal.SIGABRT),
    "kill": lambda: _crash(signal.SIGKILL),
    "exit": lambda: sys.exit("no such instruction"),
    "refuse": lambda: _raise(ContractError("the contract is broken")),
    "fail": lambda: _raise(ValueError("two\nlines")),
    "babble": lambda: _babble(b"Segmentation\n"),
    "babble JSON": lambda: _babble(b"[1]\n"),
    "wrong type": lambda: _babble(b'{"answer":17}\n'),
    "drivel": lambda: _babble(b"x" * 2**16),
    "hang": lambda: time.sleep(600),
    "close": _close,
}


def handlers(progress: Progress) -> Handlers:
    def convert(request: Convert) -> str | None:
        for number, step in enumerate(request.steps):
            progress(step, number, len(request.steps), "detail")
        LAST[request.last]()
        return request.last

    return {
        Double: lambda request: tuple(2 * number for number in request.numbers),
        Where: lambda _: Place(os.getpid(), tempfile.mkdtemp()),
        Convert: convert,
        Grow: lambda request: len(bytearray(request.bytes)),
        StartSleeper: lambda _: subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid,
    }


def hanging(_: Progress) -> Handlers:
    time.sleep(600)
    return {}
