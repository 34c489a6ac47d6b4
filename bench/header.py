"""The facts about a run that are read once, before measuring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from edgecnn.bench.case import Case
from edgecnn.device.machine import Machine, read_machine
from edgecnn.runtime.lookup import named_backend
from edgecnn.runtime.timing import time_calls
from edgecnn.versions import versions_of

_TIMED_NOTHING = 2000


@dataclass(frozen=True, slots=True)
class RunHeader:
    """The start of the run (UTC, ISO 8601), the machine, the relevant versions, and the cost of measuring."""

    created: str
    machine: Machine
    versions: dict[str, str]
    timer_ns: tuple[int, ...]

    @property
    def identity(self) -> tuple[dict[str, str], tuple[str | int | None, ...]]:
        """What must be the same to resume a run: versions, and the machine except its state."""
        machine = self.machine
        return self.versions, (machine.model, machine.cpu, machine.cores, machine.architecture, machine.kernel)


def read_header(cases: tuple[Case, ...]) -> RunHeader:
    """Return the header of a run of these cases that starts now."""
    nothing = list[None]([None] * _TIMED_NOTHING)
    return RunHeader(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=read_machine(),
        versions=versions_of(*_packages([case.backend for case in cases])),
        timer_ns=tuple(time_calls(lambda _: None, nothing)),
    )


def _packages(backends: list[str]) -> tuple[str, ...]:
    """Return the distributions whose versions affect a run on these runtimes."""
    of_runtimes = [named_backend(name).package for name in backends]
    return tuple(dict.fromkeys([*of_runtimes, *(["keras"] if "keras" in backends else []), "numpy", "pillow"]))
