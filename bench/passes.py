"""A pass: a new process for each case, which take turns in an order drawn anew in each round."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from edgecnn.bench.case import Case, Role
from edgecnn.bench.monitor import Monitor
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
from edgecnn.bench.result import Batch, Cold, Moment, ProcessRun, WarmUp, WorkerMemory
from edgecnn.bench.settings import Settings
from edgecnn.errors import MeasurementError
from edgecnn.isolated.messages import Answer, Request

_WINDOW_SECONDS = 0.05
_WINDOW_CALLS = 3
_STABLE_WINDOWS = 3
_STABLE_SHARE = 0.05
"""The latency is stable when the medians of three windows in a row differ by no more than a twentieth."""
_MOST_CALLS = 100_000
_BATCH_CALLS = 3
CAUTION = 3
"""A command may take a third of the timeout as forecast, since the machine may become slower."""

Start = Callable[[float], Link]
"""Starts a worker, given its timeout in seconds."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Files that workers read: all images as a uint8 .npy, and some of them as encoded pictures."""

    images: str
    pictures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CasePass:
    """What one case did in a pass.

    Attributes:
        process: None if it failed or was stopped before its first round.
        ranked, classify_seconds: as in `Raw`; of the first pass alone.
    """

    process: ProcessRun | None
    ranked: tuple[tuple[int, ...], ...] = ()
    classify_seconds: float = 0.0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class PassRecord:
    """What a pass found: one entry for each case, None for those that had failed before, and the machine."""

    cases: tuple[CasePass | None, ...]
    timeline: tuple[Moment, ...]


def turn_orders(count: int, rounds: int, seed: str) -> Iterator[list[int]]:
    """Yield, for each round, the order in which `count` cases take their turns; the same for the same seed."""
    generator = random.Random(seed)
    order = list(range(count))
    for _ in range(rounds):
        generator.shuffle(order)
        yield list(order)


@dataclass(slots=True)
class Turns:
    """A case while it takes turns: its worker, and what that answered so far."""

    case: Case
    link: Link | None = None
    started_ns: int = 0
    loaded: Loaded | None = None
    classified: Classified | None = None
    warm_up: WarmUp | None = None
    calls: int = 0
    median_ns: float = 0.0
    rounds: list[tuple[int, ...]] = field(default_factory=list)
    steady_bytes: int | None = None
    paced: PacedCalls | None = None
    stages_ns: tuple[tuple[int, ...], ...] = ()
    batches: list[Batch] = field(default_factory=list)
    error: str | None = None

    def ask(self, request: Request[Answer]) -> Answer | None:
        """Return the worker's answer; after a failure, nothing is asked any more and the answer is None."""
        if self.link is None:
            return None
        try:
            return self.link.ask(request)
        except MeasurementError as error:
            self.error, self.link = str(error), None
            return None

    def close(self) -> None:
        """End the process."""
        if self.link is not None:
            self.link.close()
            self.link = None

    def record(self) -> CasePass:
        """Return what the case did so far."""
        classified = self.classified or Classified(0, (), 0)
        return CasePass(self._process(), classified.ranked, classified.classify_ns / 1e9, self.error)

    def _process(self) -> ProcessRun | None:
        loaded, paced = self.loaded, self.paced or PacedCalls((), 0)
        if not self.rounds or self.warm_up is None or loaded is None:
            return None
        return ProcessRun(
            cold=Cold(loaded.ready_ns - self.started_ns, loaded.import_ns, loaded.load_ns, loaded.first_ns),
            warm_up=self.warm_up,
            memory=WorkerMemory(loaded.bare_bytes, loaded.peak_bytes, self.steady_bytes),
            rounds_ns=tuple(self.rounds),
            paced_ns=paced.samples_ns,
            late=paced.late,
            stages_ns=self.stages_ns,
            batches=tuple(self.batches),
        )


class Pass:
    """One pass over the cases that have not failed yet.

    Args:
        number: from 0 on.
        cases: None for one that does not take part.
        start: makes workers.
        step: called with what is done next, how many of `steps` are done, and the latest figure.
    """

    def __init__(
        self,
        number: int,
        cases: tuple[Case | None, ...],
        inputs: Inputs,
        settings: Settings,
        *,
        monitor: Monitor,
        start: Start,
        step: Callable[[str, str], None],
    ) -> None:
        self._number, self._inputs, self._settings = number, inputs, settings
        self._all = [None if case is None else Turns(case) for case in cases]
        self._turns = [one for one in self._all if one is not None]
        self._monitor, self._start, self._step = monitor, start, step
        self._timeline: list[Moment] = []

    def run(self) -> None:
        """Start, warm up, take turns, and measure what else the settings ask for."""
        for position in next(turn_orders(len(self._turns), 1, f"{self._settings.seed} start {self._number}")):
            self._begin(self._turns[position])
        for one in self._turns:
            self._warm_up(one)
        orders = turn_orders(len(self._turns), self._settings.rounds, f"{self._settings.seed} {self._number}")
        for done, order in enumerate(orders):
            self._look("round")
            for position in order:
                self._turn(self._turns[position], self._settings.rounds - done)
        self._look("other latencies")
        for one in self._turns:
            self._extras(one)
        self._look("end of pass")

    def record(self) -> PassRecord:
        """Return what was found so far."""
        return PassRecord(tuple(None if one is None else one.record() for one in self._all), tuple(self._timeline))

    def close(self) -> None:
        """End all processes."""
        for one in self._turns:
            one.close()

    def _look(self, what: str) -> None:
        workers = [one.link.process_id for one in self._turns if one.link is not None]
        self._timeline.append(self._monitor.moment(what, workers, f"pass {self._number + 1}"))

    def _begin(self, one: Turns) -> None:
        """Start a case's process, and let it answer once; in the first pass, to all images."""
        self._look("start")
        self._step("starting", one.case.name)
        one.link = link = self._start(self._settings.timeout)
        one.started_ns = link.started_ns
        one.loaded = one.ask(Load(one.case, self._inputs.images))
        if self._number == 0:
            self._classify(one)

    def _classify(self, one: Turns) -> None:
        """Let a case answer to all images: in one request, or in as many as the timeout asks for."""
        ranked, spent, left = tuple[tuple[int, ...], ...](), 0, 1
        while left:
            answer = one.ask(Classify(self._inputs.images, len(ranked), self._settings.timeout / CAUTION))
            if answer is None:
                return
            ranked, spent, left = ranked + answer.ranked, spent + answer.classify_ns, answer.left
        one.classified = Classified(spent, ranked, 0)

    def _warm_up(self, one: Turns) -> None:
        """Run until the medians of some windows in a row are alike, and find out how many calls make a turn."""
        settings, medians = self._settings, list[float]()
        spent, total, calls = 0, 0, _WINDOW_CALLS
        stable = False
        while one.link is not None and not stable and spent < settings.max_warm_up_seconds * 1e9:
            samples = one.ask(TimeCalls(warm_up=0, count=calls))
            if samples is None:
                return
            spent, total = spent + sum(samples), total + len(samples)
            medians.append(statistics.median(samples))
            calls = max(_WINDOW_CALLS, math.ceil(_WINDOW_SECONDS * 1e9 / max(1.0, medians[-1])))
            last = medians[-_STABLE_WINDOWS:]
            stable = len(last) == _STABLE_WINDOWS and max(last) <= (1 + _STABLE_SHARE) * min(last)
        if medians:
            one.warm_up = WarmUp(total, spent / 1e9, stable)
            one.median_ns = medians[-1]
            one.calls = self._owed(one, [], settings.rounds)

    def _turn(self, one: Turns, turns_left: int) -> None:
        """Let a case call as often as planned, or more if it became faster; in its last turn, all it still owes."""
        samples = list[int]()
        while not samples or (turns_left == 1 and self._owed(one, samples, turns_left)):
            owed = self._owed(one, samples, turns_left)
            count = owed if samples else max(one.calls, owed)
            warm_up = 0 if samples else min(self._settings.turn_warm_up, count)
            part = one.ask(TimeCalls(warm_up, count))
            if part is None:
                return
            samples += part
            one.median_ns = statistics.median(part)
        one.rounds.append(tuple(samples))
        self._step("taking turns", f"{one.case.name} {one.median_ns / 1e3:,.0f} µs")

    def _owed(self, one: Turns, samples: list[int], turns_left: int) -> int:
        """Return how many calls the next turn has to make, for the least number and time of this process."""
        settings = self._settings
        processes = 1 if one.case.role is Role.REFERENCE else settings.processes
        calls = settings.min_samples / processes - sum(map(len, one.rounds)) - len(samples)
        seconds = settings.min_seconds / processes - (sum(map(sum, one.rounds)) + sum(samples)) / 1e9
        wanted = max(calls, seconds * 1e9 / max(1.0, one.median_ns)) / turns_left
        return min(max(0, math.ceil(wanted)), _MOST_CALLS)

    def _extras(self, one: Turns) -> None:
        self._step("pacing, stages, batches", one.case.name)
        settings = self._settings
        one.steady_bytes = one.ask(ReadMemory())
        if settings.fps is not None and one.case.is_artifact:
            one.paced = one.ask(TimePacedCalls(settings.fps, settings.frames))
        if self._inputs.pictures:
            one.stages_ns = one.ask(TimeStages(self._inputs.pictures)) or ()
        for size in settings.batches:
            if size * _BATCH_CALLS * one.median_ns < settings.timeout / CAUTION * 1e9:
                samples = one.ask(TimeBatches(size, _BATCH_CALLS))
                one.batches += [] if samples is None else [Batch(size, samples)]
