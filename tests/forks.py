"""Processes that start with TensorFlow imported: a process that has done so, `warmed.py`, forks one for each.

Importing TensorFlow and the converters takes as long as all that a small export does besides.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Forked:
    """A process that runs the command line."""

    pid: int
    output: Path
    _answers: subprocess.Popen[str]

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):  # it has ended
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Return how it ended: the exit status, or the negative number of a signal."""
        assert self._answers.stdout is not None
        return int(self._answers.stdout.readline())


class Forks:
    """Starts processes, one after the other."""

    def __init__(self, folder: Path) -> None:
        self._output = folder / "output"
        self._parent = subprocess.Popen(
            [sys.executable, "-P", Path(__file__).with_name("warmed.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def start(self, *arguments: str | Path, before: str = "") -> Forked:
        """Start `edgecnn` with arguments.

        Args:
            arguments: of the command line.
            before: Python that runs in the process before that.
        """
        pipes = self._parent
        assert pipes.stdin is not None
        assert pipes.stdout is not None
        self._output.unlink(missing_ok=True)
        pipes.stdin.write(json.dumps([before, [str(one) for one in arguments], str(self._output)]) + "\n")
        pipes.stdin.flush()
        return Forked(int(pipes.stdout.readline()), self._output, pipes)

    def end(self) -> None:
        self._parent.communicate()
