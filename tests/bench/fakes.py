"""A worker whose clock is its script: the harness is tested with exact numbers and without waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edgecnn.bench.case import Case, Plan
from edgecnn.bench.result import Settings
from edgecnn.contract import Preprocessing
from edgecnn.data.dataset import Dataset
from edgecnn.errors import MeasurementError

LABELS = ("cat", "dog")
SETTINGS = Settings(rounds=4, turn_seconds=1e-3, turn_samples=8, turn_warm_up=2, warm_up_seconds=1e-3)


@dataclass
class FakeLink:
    """Answers as a case of constant latency does.

    Attributes:
        latency_ns: of each call.
        answers: class numbers.
        fails_at: the action at which it dies.
    """

    latency_ns: int
    answers: list[int]
    fails_at: str | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    closed: bool = False

    def ask(self, command: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(command)
        if command["do"] == self.fails_at:
            raise MeasurementError("the worker was ended by SIGKILL")
        answers: dict[str, dict[str, Any]] = {
            "load": {"import_ns": 7, "load_ns": 2_000_000},
            "classify": {
                "first_ns": 3_000_000,
                "classify_ns": 1_000_000_000,
                "answers": self.answers,
                "peak_bytes": 50_000_000,
            },
            "measure": {"samples_ns": [self.latency_ns] * command.get("count", 0)},
        }
        return answers[command["do"]]

    def close(self) -> None:
        self.closed = True


def dataset(labels: list[int]) -> Dataset:
    images = np.zeros((len(labels), 2, 2, 3), np.uint8)
    return Dataset("two kinds", images, np.array(labels), LABELS, tuple(map(str, range(len(labels)))))


def make_plan(folder: Path, *cases: tuple[str, str]) -> Plan:
    """Return a plan of (name, precision) cases whose files have 1,000 bytes for each character of the name."""
    made = []
    for number, (name, precision) in enumerate(cases):
        path = folder / f"{name}.tflite"
        path.write_bytes(b"x" * 1000 * len(name))
        made.append(Case(name, str(path), "keras" if number == 0 else "litert", precision, 1, is_baseline=number == 0))
    return Plan(tuple(made), LABELS, (2, 2, 3), Preprocessing(), ())


def starter(links: list[FakeLink]) -> Callable[[float], FakeLink]:
    """Return what hands out fake workers one after the other."""
    waiting = iter(links)
    return lambda timeout: next(waiting)
