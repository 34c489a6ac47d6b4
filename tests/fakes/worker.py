"""A worker whose clock is its script: the harness is tested with exact numbers and without waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edgecnn.bench.case import Case, Role
from edgecnn.bench.monitor import Monitor
from edgecnn.bench.plan import Plan
from edgecnn.bench.process import Link
from edgecnn.bench.requests import (
    Classified,
    Classify,
    Load,
    Loaded,
    PacedCalls,
    ReadMemory,
    TimeBatches,
    TimeCalls,
    TimePacedCalls,
    TimeStages,
)
from edgecnn.bench.settings import Settings
from edgecnn.contract import Preprocessing
from edgecnn.data.dataset import Dataset
from edgecnn.device.sensors import Sample
from edgecnn.errors import MeasurementError
from edgecnn.isolated.messages import Request
from edgecnn.spec import Precision

LABELS = ("cat", "dog")
SETTINGS = Settings(
    processes=2,
    rounds=4,
    min_samples=16,
    min_seconds=8e-3,
    turn_warm_up=2,
    max_warm_up_seconds=1.0,
    frames=3,
    stage_pictures=2,
    picture_size=(8, 6),
    batches=(1, 4),
    energy_seconds=0.0,
)


@dataclass
class FakeLink:
    """Answers as a case of constant latency does.

    Attributes:
        latency_ns: of each call.
        answers: class numbers.
        fails_at: the request at which it dies.
        interrupts_at: the request at which the user presses Ctrl-C.
        images_a_request: how many images it classifies in time.
    """

    latency_ns: float
    answers: list[int]
    fails_at: type[Request[Any]] | None = None
    interrupts_at: type[Request[Any]] | None = None
    images_a_request: int = 1000
    asked: list[Request[Any]] = field(default_factory=list)
    closed: int = 0

    def ask(self, request: Request[Any]) -> Any:
        self.asked.append(request)
        if type(request) is self.interrupts_at:
            raise KeyboardInterrupt
        if type(request) is self.fails_at:
            raise MeasurementError("the worker was ended by SIGKILL")
        return self._answer(request)

    def count(self, kind: type[Request[Any]]) -> int:
        """Return how often it was asked for something."""
        return sum(type(request) is kind for request in self.asked)

    def _answer(self, request: Request[Any]) -> Any:
        match request:
            case Load():
                return Loaded(5_001_000, 7_000_000, 2_000_000, 3_000_000, 20_000_000, 50_000_000)
            case Classify(first=first):
                done = tuple((answer, 1 - answer) for answer in self.answers[first : first + self.images_a_request])
                return Classified(1_000_000_000, done, len(self.answers) - first - len(done))
            case TimePacedCalls(count=count):
                return PacedCalls((round(self.latency_ns),) * count, 0)
            case TimeCalls(count=count) | TimeBatches(count=count):
                return (round(self.latency_ns),) * count
            case TimeStages(pictures=pictures):
                return ((1, 2, 3, 4, 5),) * len(pictures)
            case ReadMemory():
                return 40_000_000
        raise NotImplementedError(request)


def dataset(labels: list[int]) -> Dataset:
    images = np.zeros((len(labels), 2, 2, 3), np.uint8)
    return Dataset("two kinds", images, np.array(labels), LABELS, tuple(map(str, range(len(labels)))))


def make_plan(folder: Path, *cases: tuple[str, str]) -> Plan:
    """Return a plan of (name, precision) cases whose files have 1,000 bytes for each character of the name.

    The first is the baseline and a Keras model.
    """
    made = []
    for number, (name, precision) in enumerate(cases):
        path = folder / f"{name}.tflite"
        path.write_bytes(b"x" * 1000 * len(name))
        backend, role = ("keras", Role.BASELINE) if number == 0 else ("litert", Role.CANDIDATE)
        made.append(Case(name, str(path), "0" * 64, backend, Precision(precision), 1, role))
    return Plan(tuple(made), LABELS, (2, 2, 3), Preprocessing(), ())


class Routed:
    """A worker that becomes the script of the case which it is told to load."""

    process_id = None
    started_ns = 1_000

    def __init__(self, scripts: dict[str, FakeLink]) -> None:
        self._scripts = scripts
        self._script: FakeLink | None = None

    def ask(self, request: Request[Any]) -> Any:
        if isinstance(request, Load):
            self._script = self._scripts[Path(request.case.path).stem]
        assert self._script is not None
        return self._script.ask(request)

    def close(self) -> None:
        if self._script is not None:
            self._script.closed += 1


def starter(scripts: dict[str, FakeLink]) -> Callable[[float], Link]:
    """Return what starts fake workers, which follow the script of their case's name."""
    return lambda timeout: Routed(scripts)


class Samples:
    """Sensors that read what they are given, then the last again, a second apart."""

    def __init__(self, *samples: Sample) -> None:
        self._samples, self._count = samples or (Sample(0.0),), 0

    def __call__(self) -> Sample:
        self._count += 1
        return self._samples[min(self._count, len(self._samples)) - 1]


def quiet() -> Monitor:
    """Return a monitor of a machine that tells nothing."""
    return Monitor(Samples())
