"""The parent's end of a child process."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from types import TracebackType
from typing import IO, Any, Self

from edgecnn import errors
from edgecnn.errors import EdgecnnError
from edgecnn.isolated.failure import ChildError, Ending, signal_name
from edgecnn.isolated.messages import (
    Answer,
    ErrorMessage,
    ProgressMessage,
    Request,
    decode_answer,
    read_message,
    request_line,
)
from edgecnn.progress import Progress, silent
from edgecnn.schema import SchemaError

MAX_MESSAGE_BYTES = 64 * 2**20
"""The longest message that is read; a million samples take 8 MiB."""
_CHUNK_BYTES = 1 << 16
_LOG_BYTES = 1 << 16
_ENDING_SECONDS = 10.0
"""How long a child that closed its output may take to end."""


class Child:
    """A child process that answers requests. Use it as a context manager: leaving it ends the child.

    The child is killed together with all that it started, and its temporary folder is removed. It has a process group
    of its own, so that Ctrl-C at a terminal reaches the parent alone. It dies with the thread that started it, even if
    the parent is killed.

    Args:
        target: "module:function", the function that returns the handlers (see `edgecnn.isolated`).
        timeout: seconds that the child may be silent while it owes an answer; None waits for ever.
        memory_bytes: the most address space that it may have; None sets no limit.
        environment: variables that are added to those of this process.

    Attributes:
        process_id: of the child.
        started_ns: when it was asked for, on the clock of `time.perf_counter_ns`.

    Raises:
        ChildError: the interpreter cannot be started.
    """

    def __init__(
        self,
        target: str,
        *,
        timeout: float | None = None,
        memory_bytes: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._timeout, self._step, self._unread = timeout, "", b""
        with contextlib.ExitStack() as opened:
            folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="edgecnn-", ignore_cleanup_errors=True))
            self._log = opened.enter_context(tempfile.TemporaryFile())
            program = (sys.executable, "-P", "-m", "edgecnn.isolated.serve")  # -P: nothing from the user's folder
            command = (*program, target, str(os.getpid()), str(memory_bytes or 0))
            variables = {**os.environ, "TMPDIR": folder, **(environment or {})}
            self.started_ns = time.perf_counter_ns()
            self._process = _start(command, self._log, variables)
            self.process_id = self._process.pid
            opened.callback(_end, self._process)
            self._requests, self._messages = _pipes(self._process)
            self._selector = opened.enter_context(selectors.DefaultSelector())
            self._selector.register(self._messages, selectors.EVENT_READ)
            self._opened = opened.pop_all()

    def ask(self, request: Request[Answer], progress: Progress = silent) -> Answer:
        """Return the answer to a request; `progress` is called as the child calls its own.

        Raises:
            EdgecnnError: what the handler in the child raised.
            ChildError: it did not answer; it has been ended.
        """
        try:
            self._send(request_line(request))
            while True:
                line = self._read_line()
                try:
                    message = read_message(line)
                    if isinstance(message, ProgressMessage):
                        self._step = f"{message.what} {message.detail}".strip()
                        progress(message.what, message.done, message.total, message.detail)
                    elif isinstance(message, ErrorMessage):
                        raise self._raised(message)
                    else:
                        return decode_answer(request, message.value)
                except SchemaError as error:
                    raise self._failure(Ending.GARBAGE, f"answered garbage: {line[:80]!r}") from error
        except ChildError:
            self.close()
            raise

    def close(self) -> None:
        """End the child and all that it started, and remove its temporary folder."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send(self, line: bytes) -> None:
        """Write a line, which a child that hangs before it reads may keep from fitting into the pipe."""
        deadline = self._deadline()
        with selectors.DefaultSelector() as selector:
            selector.register(self._requests, selectors.EVENT_WRITE)
            while line:
                if not selector.select(_left(deadline)):
                    raise self._silent()
                try:
                    line = line[os.write(self._requests.fileno(), line) :]
                except BrokenPipeError:
                    raise self._ended() from None

    def _read_line(self) -> bytes:
        deadline = self._deadline()
        while b"\n" not in self._unread:
            if len(self._unread) > MAX_MESSAGE_BYTES:
                raise self._failure(Ending.GARBAGE, f"answered garbage: more than {MAX_MESSAGE_BYTES} bytes in a line")
            if not self._selector.select(_left(deadline)):
                raise self._silent()
            chunk = os.read(self._messages.fileno(), _CHUNK_BYTES)
            if not chunk:
                raise self._ended()
            self._unread += chunk
        line, self._unread = self._unread.split(b"\n", 1)
        return line

    def _deadline(self) -> float | None:
        return None if self._timeout is None else time.monotonic() + self._timeout

    def _silent(self) -> ChildError:
        return self._failure(Ending.TIMEOUT, f"did not answer within {self._timeout:g} s and was ended")

    def _ended(self) -> ChildError:
        """Return how the child ended, which has closed its end of a pipe."""
        try:
            status = self._process.wait(_ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            return self._failure(Ending.TIMEOUT, "closed its output and did not end")
        if status >= 0:
            return self._failure(Ending.STATUS, f"ended with status {status}")
        name = signal_name(-status)
        why = ", as the kernel does when memory is used up" if -status == signal.SIGKILL else ""
        return self._failure(Ending.SIGNAL, f"was ended by {name}{why}", signal_name=name)

    def _raised(self, message: ErrorMessage) -> Exception:
        """Return the exception that the handler raised: as it was if it is one of edgecnn's."""
        kind = getattr(errors, message.kind, None)
        if isinstance(kind, type) and issubclass(kind, EdgecnnError):
            return kind(message.message)
        if message.kind == MemoryError.__name__:
            return self._failure(Ending.MEMORY, "needed more memory than it may have")
        return self._failure(Ending.EXCEPTION, f"failed with {message.kind}: {message.message}")

    def _failure(self, ending: Ending, reason: str, signal_name: str | None = None) -> ChildError:
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - _LOG_BYTES))
        log = self._log.read().decode(errors="replace")
        return ChildError(ending, reason, signal=signal_name, step=self._step, log=log)


def call(
    target: str,
    request: Request[Answer],
    *,
    timeout: float | None = None,
    memory_bytes: int | None = None,
    environment: Mapping[str, str] | None = None,
    progress: Progress = silent,
) -> Answer:
    """Return the answer to one request, from a child of its own. Arguments and errors are those of `Child`."""
    with Child(target, timeout=timeout, memory_bytes=memory_bytes, environment=environment) as child:
        return child.ask(request, progress)


def _start(command: tuple[str, ...], log: IO[bytes], variables: dict[str, str]) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=log, bufsize=0, env=variables, process_group=0)
    except OSError as error:
        raise ChildError(Ending.NOT_STARTED, f"cannot be started: {error.strerror}") from error


def _pipes(process: subprocess.Popen[bytes]) -> tuple[Any, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    os.set_blocking(process.stdin.fileno(), False)
    return process.stdin, process.stdout


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its group: there is nothing that it would have to save."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())
