"""A backend that runs LiteRT and then waits: a slowdown of known size, for tools/evidence/regressions.py.

`PLANTED_PERCENT` is the wait as a percentage of each inference; it is a busy wait.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

from edgecnn.contract import Description
from edgecnn.runtime.backend import BACKENDS, Backend, Session, Tensor
from edgecnn.runtime.litert import open_litert

BACKEND: Backend = replace(BACKENDS["litert"], name="planted", opener=f"{__name__}:open_planted")


class _WaitingSession:
    def __init__(self, session: Session, share: float) -> None:
        self._session, self._share = session, share

    def run(self, tensor: Tensor) -> Tensor:
        begin = time.perf_counter_ns()
        found = self._session.run(tensor)
        now = time.perf_counter_ns()
        until = now + self._share * (now - begin)
        while time.perf_counter_ns() < until:
            pass
        return found


def open_planted(path: Path, threads: int, description: Description) -> Session:
    """Return LiteRT's session with the wait after each inference; without the variable there is none."""
    session = open_litert(path, threads, description)
    return _WaitingSession(session, float(os.environ.get("PLANTED_PERCENT", "0")) / 100)
