"""A process that has imported TensorFlow and the converters, and forks one for each command line that it reads.

Children that such a process starts (see `edgecnn.isolated`) are forked from it as well. See `tests/forks.py`.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from typing import IO, Any, NoReturn

import ai_edge_litert.interpreter  # noqa: F401
import ai_edge_quantizer  # noqa: F401
import keras  # noqa: F401
import onnx  # noqa: F401
import onnxruntime  # noqa: F401
import tensorflow as tf  # noqa: F401
import tf2onnx  # noqa: F401

import edgecnn.cli.export
import edgecnn.export.pipeline
import edgecnn.export.trial  # noqa: F401
from edgecnn.cli.app import run
from edgecnn.isolated import child, serve


class _ForkedChild:
    """What `edgecnn.isolated.child` uses of a `Popen`."""

    def __init__(self, pid: int, stdin: int, stdout: int) -> None:
        self.pid, self.stdin, self.stdout = pid, os.fdopen(stdin, "wb", 0), os.fdopen(stdout, "rb", 0)
        self._status: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while self._status is None:
            ended, status = os.waitpid(self.pid, 0 if deadline is None else os.WNOHANG)
            if ended:
                self._status = os.waitstatus_to_exitcode(status)
            elif deadline is not None and time.monotonic() > deadline:
                raise TimeoutError
            else:
                time.sleep(0.001)
        return self._status


def _fork_child(command: tuple[str, ...], log: IO[bytes], variables: dict[str, str]) -> Any:
    """Stand for `edgecnn.isolated.child._start`."""
    requests, messages = os.pipe(), os.pipe()
    pid = os.fork()
    if not pid:
        os.setpgid(0, 0)
        for descriptor, source in enumerate((requests[0], messages[1], log.fileno())):
            os.dup2(source, descriptor)
        os.closerange(3, 256)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.environ.clear()
        os.environ.update(variables)
        tempfile.tempdir = None
        sys.argv = ["serve", *command[-3:]]
        _leave_after(serve.main)
    os.close(requests[0])
    os.close(messages[1])
    return _ForkedChild(pid, requests[1], messages[0])


def _leave_after(action: Any) -> NoReturn:
    status = 1
    try:
        status = action() or 0
    except BaseException:
        traceback.print_exc()
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


def _main() -> None:
    child._start = _fork_child
    for line in sys.stdin:
        before, arguments, output = json.loads(line)
        pid = os.fork()
        if pid:
            print(pid, flush=True)
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
            continue
        for descriptor in (1, 2):
            os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND), descriptor)
        exec(before, {})
        _leave_after(lambda arguments=arguments: run(arguments))


if __name__ == "__main__":
    _main()
