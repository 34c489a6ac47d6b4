"""A run: every case in a process of its own, taking turns."""

from __future__ import annotations

import random
import statistics
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from edgecnn.bench.case import Case, Plan
from edgecnn.bench.process import Link, WorkerProcess
from edgecnn.bench.result import CaseResult, Images, Raw, Result, Settings
from edgecnn.data.dataset import Dataset
from edgecnn.device.machine import read_machine
from edgecnn.errors import MeasurementError
from edgecnn.files import size_bytes
from edgecnn.progress import Progress, silent
from edgecnn.schema import encode
from edgecnn.versions import versions_of

_PACKAGES = ("tensorflow", "keras", "ai-edge-litert", "tflite-runtime", "onnxruntime", "numpy", "pillow")
_FIRST_CALLS = 5

Start = Callable[[float], Link]
"""Starts a worker, given its timeout in seconds."""


def run(
    plan: Plan,
    dataset: Dataset,
    settings: Settings,
    *,
    progress: Progress = silent,
    start: Start = WorkerProcess,
) -> Result:
    """Measure the cases of a plan on the images of a data set.

    A case that fails is reported as such, and the others go on.

    Args:
        plan: what to compare.
        dataset: what every case classifies; single calls take its first images in turn.
        settings: how long and how often.
        progress: called with steps.
        start: makes workers; another one in tests.
    """
    with tempfile.TemporaryDirectory(prefix="edgecnn-bench-") as folder:
        images = Path(folder) / "images.npy"
        np.save(images, dataset.images)
        runs = [_CaseRun(case) for case in plan.cases]
        try:
            _measure(runs, str(images), settings, progress, start)
        finally:
            for one in runs:
                one.close()
    return Result(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        settings=settings,
        machine=read_machine(),
        versions=versions_of(*_PACKAGES),
        images=_describe(dataset),
        cases=tuple(one.result() for one in runs),
        notes=plan.notes,
    )


def turn_orders(count: int, rounds: int, seed: int) -> Iterator[list[int]]:
    """Yield, for each round, the order in which `count` cases take their turns; the same for the same seed."""
    generator = random.Random(seed)
    order = list(range(count))
    for _ in range(rounds):
        generator.shuffle(order)
        yield list(order)


@dataclass(slots=True)
class _CaseRun:
    """A case while it is measured."""

    case: Case
    link: Link | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    rounds: list[tuple[int, ...]] = field(default_factory=list)
    turn_calls: int = 0
    error: str | None = None

    def ask(self, **command: Any) -> dict[str, Any]:
        """Return the worker's answer; after a failure, nothing is asked any more and the answer is empty."""
        if self.link is None:
            return {}
        try:
            return self.link.ask(command)
        except MeasurementError as error:
            self.error, self.link = str(error), None
            return {}

    def close(self) -> None:
        if self.link is not None:
            self.link.close()

    def result(self) -> CaseResult:
        if self.error is not None:
            return CaseResult(self.case, None, self.error)
        answers = self.answers
        return CaseResult(
            self.case,
            Raw(
                size_bytes=size_bytes(Path(self.case.path)),
                import_seconds=answers["import_ns"] / 1e9,
                load_seconds=answers["load_ns"] / 1e9,
                first_seconds=answers["first_ns"] / 1e9,
                classify_seconds=answers["classify_ns"] / 1e9,
                answers=tuple(answers["answers"]),
                rounds_ns=tuple(self.rounds),
                peak_memory_bytes=answers["peak_bytes"],
            ),
        )


def _measure(runs: list[_CaseRun], images: str, settings: Settings, progress: Progress, start: Start) -> None:
    total = len(runs) * (1 + settings.rounds)
    for number, one in enumerate(runs):
        progress(f"loading {one.case.name}, {len(runs)} cases", number, total)
        _load(one, images, settings, start)
    done = len(runs)
    for order in turn_orders(len(runs), settings.rounds, settings.seed):
        for index in order:
            one = runs[index]
            progress(f"measuring in turns, {settings.rounds} rounds", done, total)
            warm_up = min(settings.turn_warm_up, one.turn_calls)
            found = one.ask(do="measure", warm_up=warm_up, count=one.turn_calls)
            if found:
                one.rounds.append(tuple(found["samples_ns"]))
            done += 1


def _load(one: _CaseRun, images: str, settings: Settings, start: Start) -> None:
    """Start a case's worker, classify all images once, warm up, and find out how many calls make a turn."""
    one.link = start(settings.timeout)
    one.answers.update(
        one.ask(
            do="load",
            path=one.case.path,
            backend=one.case.backend,
            threads=one.case.threads,
            keras=encode(one.case.keras),
        )
    )
    one.answers.update(one.ask(do="classify", images=images))
    spent, calls = 0, _FIRST_CALLS
    while one.link is not None and spent < settings.warm_up_seconds * 1e9:
        samples = one.ask(do="measure", warm_up=0, count=calls).get("samples_ns", [])
        if not samples:
            return
        spent += sum(samples)
        typical = max(1, int(statistics.median(samples)))
        calls = min(settings.turn_samples, max(1, int(settings.turn_seconds * 1e9 / typical)))
    one.turn_calls = calls


def _describe(dataset: Dataset) -> Images:
    labels = None if dataset.labels is None else tuple(int(label) for label in dataset.labels)
    return Images(dataset.name, dataset.sha256, dataset.class_names, labels, len(dataset))
