"""Commands that are started beside the loop and never wait for."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

_GRACE_SECONDS = 5.0
"""So long may commands go on when the watching ends."""


@dataclass(frozen=True, slots=True)
class CommandRun:
    """One command to start.

    Attributes:
        name: of it, in messages.
        command: program and arguments.
        environment: variables beside those of this process.
        folder: a temporary one with what the command reads, removed when it has ended.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path | None = None


class Queue:
    """Runs jobs one after the other, without ever waiting for one."""

    def __init__(self, report: Callable[[str], None], longest: int) -> None:
        """Let `longest` jobs wait while one runs; those beyond are left out, and `report` gets a line about it."""
        self._report = report
        self._longest = longest
        self._waiting: deque[CommandRun] = deque()
        self._running: tuple[CommandRun, subprocess.Popen[bytes]] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs or waits."""
        return self._running is None and not self._waiting

    def add(self, job: CommandRun) -> None:
        """Start the job, or let it wait for those before it."""
        self.check()
        if self._running is None:
            self._start(job)
        elif len(self._waiting) < self._longest:
            self._waiting.append(job)
        else:
            self._report(f"the command for {job.name} is left out: the one before still runs")
            _remove(job)

    def check(self) -> None:
        """Note what has ended, report what failed, and start what waits."""
        if self._running is not None:
            job, process = self._running
            status = process.poll()
            if status is None:
                return
            if status:
                how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
                self._report(f"the command for {job.name} {how}: {' '.join(job.command)}")
            _remove(job)
            self._running = None
        while self._running is None and self._waiting:
            self._start(self._waiting.popleft())

    def finish(self, deadline: float) -> None:
        """Let all jobs end until `deadline` of time.monotonic, and then end them."""
        while not self.is_idle and time.monotonic() < deadline:
            self.check()
            time.sleep(0.02)
        for job in self._waiting:
            self._report(f"the command for {job.name} was not started any more")
            _remove(job)
        self._waiting.clear()
        if self._running is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._running[1].pid, signal.SIGTERM)
            self._running[1].wait()
            self.check()

    def _start(self, job: CommandRun) -> None:
        try:
            process = subprocess.Popen(
                job.command,
                stdin=subprocess.DEVNULL,
                stdout=2,  # stdout is for the labels, which another program may read
                env={**os.environ, **job.environment},
                start_new_session=True,  # Ctrl-C is for the watching, which ends commands in its own time
            )
        except OSError as error:
            self._report(f"the command for {job.name} cannot be started: {job.command[0]}: {error.strerror}")
            _remove(job)
            return
        self._running = (job, process)


def finish_all(queues: list[Queue]) -> None:
    """Let the jobs of all queues end, for `_GRACE_SECONDS` in all."""
    deadline = time.monotonic() + _GRACE_SECONDS
    for queue in queues:
        queue.finish(deadline)


def _remove(job: CommandRun) -> None:
    if job.folder is not None:
        shutil.rmtree(job.folder, ignore_errors=True)
