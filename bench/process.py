"""The parent's end of a worker process. A worker that dies or hangs is an error of its case and of nothing else."""

from __future__ import annotations

import json
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from types import TracebackType
from typing import Any, Protocol, Self

from edgecnn.errors import MeasurementError

_COMMAND = (sys.executable, "-P", "-m", "edgecnn.bench.worker")
"""-P: modules in the folder that the user stands in are not imported."""
_CHUNK_BYTES = 1 << 16
_LAST_WORDS = 400


class Link(Protocol):
    """Something that carries out a worker's commands: a process, or in tests a fake with a clock of its own."""

    @property
    def process_id(self) -> int | None:
        """The worker's process; None for a fake."""
        ...

    @property
    def started_ns(self) -> int:
        """When it was asked for, on the system's monotonic clock."""
        ...

    def ask(self, command: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a command (see `edgecnn.bench.worker`). Raises `MeasurementError`."""
        ...

    def close(self) -> None:
        """End the worker."""
        ...


class WorkerProcess:
    """A worker in a process of its own.

    Args:
        timeout: seconds that one command may take.
        command: what to start.

    Attributes:
        process_id: of the worker.
        started_ns: when it was asked for, on the system's monotonic clock.
    """

    def __init__(self, timeout: float, command: tuple[str, ...] = _COMMAND) -> None:
        self._timeout = timeout
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed in `close`
        self.started_ns = time.perf_counter_ns()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            bufsize=0,
            process_group=0,  # Ctrl-C is for this process, which has a report to write
        )
        self.process_id = self._process.pid
        assert self._process.stdout is not None
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)
        self._unread = b""

    def ask(self, command: dict[str, Any]) -> dict[str, Any]:
        """Send a command and return its answer.

        Raises:
            MeasurementError: the worker reports an error, dies, prints garbage, or takes too long; it is ended.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(command).encode() + b"\n")
            line = self._read_line()
        except BrokenPipeError:
            line = b""
        if not line:
            raise MeasurementError(self._how_it_ended())
        try:
            answer = json.loads(line)
        except ValueError as error:
            self.close()
            raise MeasurementError(f"the worker answered garbage: {line[:80]!r}") from error
        if not isinstance(answer, dict) or "error" in answer:
            self.close()
            raise MeasurementError(
                str(answer.get("error")) if isinstance(answer, dict) else "the worker answered garbage"
            )
        return answer

    def close(self) -> None:
        """End the process; it has nothing to save."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                stream.close()
        self._selector.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read_line(self) -> bytes:
        """Return the next line, or nothing if the worker ended.

        Raises:
            MeasurementError: nothing came in time.
        """
        assert self._process.stdout is not None
        while b"\n" not in self._unread:
            if not self._selector.select(self._timeout):
                self.close()
                raise MeasurementError(f"the worker did not answer within {self._timeout:g} s and was ended")
            chunk = self._process.stdout.read(_CHUNK_BYTES)
            if not chunk:
                return b""
            self._unread += chunk
        line, self._unread = self._unread.split(b"\n", 1)
        return line

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(self._timeout)
        except subprocess.TimeoutExpired:
            self.close()
            return f"the worker closed its output and did not end within {self._timeout:g} s"
        self._errors.seek(0)
        words = self._errors.read()[-_LAST_WORDS:].decode(errors="replace").strip().splitlines()
        how = f"was ended by {_signal_name(-code)}" if code < 0 else f"ended with status {code}"
        self.close()
        return f"the worker {how}" + (f": {words[-1]}" if words else "")


def _signal_name(number: int) -> str:
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    return f"{name}, as the kernel does when memory is used up" if number == signal.SIGKILL else name
