"""What is read once about a run, before anything is measured."""

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
    """The start of the run (UTC, ISO 8601), the machine, the versions that decide, and the cost of measuring."""

    created: str
    machine: Machine
    versions: dict[str, str]
    timer_ns: tuple[int, ...]

    @property
    def identity(self) -> tuple[dict[str, str], tuple[str | int | None, ...]]:
        """What has to be the same for a run to go on: versions, and the machine but for its state."""
        machine = self.machine
        return self.versions, (machine.model, machine.cpu, machine.cores, machine.architecture, machine.kernel)


def read_header(cases: tuple[Case, ...]) -> RunHeader:
    """Return the header of a run of these cases that begins now."""
    nothing = list[None]([None] * _TIMED_NOTHING)
    return RunHeader(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=read_machine(),
        versions=versions_of(*_packages([case.backend for case in cases])),
        timer_ns=tuple(time_calls(lambda _: None, nothing)),
    )


def _packages(backends: list[str]) -> tuple[str, ...]:
    """Return the distributions whose versions decide what a run on these runtimes finds."""
    of_runtimes = [named_backend(name).package for name in backends]
    return tuple(dict.fromkeys([*of_runtimes, *(["keras"] if "keras" in backends else []), "numpy", "pillow"]))
