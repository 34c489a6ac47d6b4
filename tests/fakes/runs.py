"""Results made from numbers: latencies, answers and disturbances that a test chooses."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgecnn.bench.case import Case, Role
from edgecnn.bench.compare.comparison import Run
from edgecnn.bench.findings import find
from edgecnn.bench.result import (
    CaseResult,
    Cold,
    Images,
    Moment,
    ProcessRun,
    Raw,
    Result,
    WarmUp,
    WorkerMemory,
)
from edgecnn.bench.settings import Settings
from edgecnn.device.machine import Machine
from edgecnn.device.sensors import Sample
from edgecnn.spec import Precision

LABELS = tuple([0, 1] * 500)
SETTINGS = Settings(processes=3, rounds=10)
PC = Machine("x86_64", 64, "Debian", "6.1", 4, "Some Processor", None, 8_000_000_000, (), None, False, False)
PI = dataclasses.replace(PC, architecture="aarch64", cpu="Cortex-A76", model="Some Board 5")
EMULATED = dataclasses.replace(PI, model=None, cpu="Cortex-A72", emulated=True)

Latencies = npt.NDArray[np.float64]
"""Seconds: (processes, rounds)."""


def even(seconds: float, processes: int = 3, rounds: int = 10) -> Latencies:
    """Return a latency that never varies."""
    return np.full((processes, rounds), seconds)


def answers(wrong: int, first: int = 0) -> tuple[int, ...]:
    """Return right answers, but for `wrong` images from the `first` on."""
    return tuple(1 - label if first <= place < first + wrong else label for place, label in enumerate(LABELS))


@dataclass(frozen=True)
class Made:
    """One case."""

    name: str
    latencies: Latencies
    answers: tuple[int, ...] = LABELS
    role: Role = Role.CANDIDATE
    backend: str = "litert"
    precision: str = "int8"
    path: str = ""
    threads: int = 1
    size_bytes: int = 90_000
    error: str | None = None
    sha256: str = ""

    def result(self) -> CaseResult:
        path = self.path or f"/somewhere/{self.name}"
        digest = self.sha256 or self.name
        case = Case(self.name, path, digest, self.backend, Precision(self.precision), self.threads, self.role)
        return CaseResult(case, None if self.error else raw(self), self.error)


def raw(made: Made) -> Raw:
    """Return what a case did: one call a round."""
    processes = tuple(
        ProcessRun(
            Cold(100_000_000, 50_000_000, 2_000_000, 3_000_000),
            WarmUp(20, 0.2, is_stable=True),
            WorkerMemory(30_000_000, 50_000_000, 45_000_000),
            tuple((round(seconds * 1e9),) for seconds in process),
        )
        for process in made.latencies
    )
    return Raw(made.size_bytes, None, tuple((answer,) for answer in made.answers), 0.5, processes)


def baselines(latencies: Latencies, twin: Latencies | None = None) -> tuple[Made, Made]:
    """Return the baseline and its twin."""
    name = "model in Keras"
    made = Made(name, latencies, role=Role.BASELINE, backend="keras", precision="float32", path="/k/model.keras")
    other = dataclasses.replace(
        made,
        name=f"{name}, once more",
        role=Role.TWIN,
        latencies=latencies if twin is None else twin,
        sha256=name,
    )
    return made, other


def make_result(
    cases: Sequence[Made],
    *,
    machine: Machine = PC,
    labels: tuple[int, ...] | None = LABELS,
    images: str = "i" * 64,
    busy_elsewhere: float = 0.0,
    versions: dict[str, str] | None = None,
    settings: Settings = SETTINGS,
) -> Result:
    """Return a result; `busy_elsewhere` is how many cores other processes used all the time."""
    timeline = tuple(
        Moment("step", Sample(seconds=second, busy_seconds=busy_elsewhere * second, steal_seconds=0.0), own_seconds=0.0)
        for second in (0.0, 10.0, 20.0)
    )
    return Result(
        created="2020-01-01T00:00:00+00:00",
        settings=settings,
        machine=machine,
        versions=versions or {"edgecnn": "1.0", "tensorflow": "2.0", "ai-edge-litert": "2.0"},
        images=Images("two kinds", images, ("cat", "dog"), labels, len(LABELS)),
        cases=tuple(one.result() for one in cases),
        timer_ns=(50,) * 100,
        timeline=timeline,
        notes=(),
    )


def make_run(name: str, cases: Sequence[Made], **kinds: object) -> Run:
    """Return a run with what follows from it."""
    return Run(name, find(make_result(cases, **kinds)))  # type: ignore[arg-type]
