"""Commands that run beside the loop, which never waits for them."""

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
"""Seconds that commands may still run after watching ends."""


@dataclass(frozen=True, slots=True)
class CommandRun:
    """One command to start.

    Attributes:
        name: for messages.
        command: program and arguments.
        environment: variables in addition to those of this process.
        folder: temporary folder with the command's input, removed when it has ended.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path | None = None


class Queue:
    """Runs jobs one after another, without blocking."""

    def __init__(self, report: Callable[[str], None], longest: int) -> None:
        """Let `longest` jobs wait while one runs; further ones are skipped, and `report` gets a line about each."""
        self._report = report
        self._longest = longest
        self._waiting: deque[CommandRun] = deque()
        self._running: tuple[CommandRun, subprocess.Popen[bytes]] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs or waits."""
        return self._running is None and not self._waiting

    def add(self, job: CommandRun) -> None:
        """Start the job, or queue it."""
        self.check()
        if self._running is None:
            self._start(job)
        elif len(self._waiting) < self._longest:
            self._waiting.append(job)
        else:
            self._report(f"the command for {job.name} is skipped: the one before still runs")
            _remove(job)

    def check(self) -> None:
        """Collect ended jobs, report failures, and start the next job."""
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
        """Wait for all jobs until `deadline` of time.monotonic, then end them."""
        while not self.is_idle and time.monotonic() < deadline:
            self.check()
            time.sleep(0.02)
        for job in self._waiting:
            self._report(f"the command for {job.name} was not started before the end")
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
                stdout=2,  # stdout is for labels, which another program may read
                env={**os.environ, **job.environment},
                start_new_session=True,  # Ctrl-C is for the watcher, which ends the commands itself
            )
        except OSError as error:
            self._report(f"the command for {job.name} cannot be started: {job.command[0]}: {error.strerror}")
            _remove(job)
            return
        self._running = (job, process)


def finish_all(queues: list[Queue]) -> None:
    """Wait for the jobs of all queues, `_GRACE_SECONDS` in total."""
    deadline = time.monotonic() + _GRACE_SECONDS
    for queue in queues:
        queue.finish(deadline)


def _remove(job: CommandRun) -> None:
    if job.folder is not None:
        shutil.rmtree(job.folder, ignore_errors=True)
