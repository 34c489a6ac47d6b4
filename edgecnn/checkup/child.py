"""Trying in a process of its own what may end the process: an illegal instruction becomes a line and not a crash."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

TIMEOUT_S = 120.0
"""Seconds for one process; importing TensorFlow from an SD card takes half a minute."""

_SIGNALS: dict[int, str] = {
    signal.SIGILL: "illegal instruction (SIGILL)",
    signal.SIGSEGV: "crashed (SIGSEGV)",
    signal.SIGBUS: "crashed (SIGBUS)",
    signal.SIGKILL: "killed (SIGKILL), as Linux does when memory runs out",
}


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it.

    Attributes:
        answers: in the order of what was asked; fewer where the process ended before.
        trouble: how it ended before it had answered all; None if it did not.
    """

    answers: tuple[str | None, ...]
    trouble: str | None


def try_in_child(verb: str, *arguments: str, timeout: float = TIMEOUT_S) -> Tried:
    """Return what `trial.py` answers: for each thing that it tries None, or what went wrong.

    Args:
        verb: one of its verbs.
        arguments: of the verb.
        timeout: seconds for all of it.
    """
    command = [sys.executable, "-P", "-m", "edgecnn.checkup.trial", verb, *arguments]  # -P: nothing from this folder
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        ran = subprocess.run(command, capture_output=True, timeout=timeout, check=False, env=environment)
    except subprocess.TimeoutExpired as error:
        return Tried(_answers(error.stdout or b""), f"no answer within {timeout:g} seconds")
    except OSError as error:
        return Tried((), f"this Python cannot be started anew: {error.strerror}")
    return Tried(_answers(ran.stdout), _trouble(ran.returncode, ran.stderr))


def _answers(printed: bytes) -> tuple[str | None, ...]:
    found: list[Any] = []
    for line in printed.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:  # the process ended within a line
            break
    return tuple(None if one is None else str(one) for one in found)


def _trouble(status: int, errors: bytes) -> str | None:
    if status == 0:
        return None
    if status < 0:
        return _SIGNALS.get(-status, f"ended by signal {-status}")
    last = errors.decode(errors="replace").strip().splitlines()
    return last[-1] if last else f"ended with status {status}"
