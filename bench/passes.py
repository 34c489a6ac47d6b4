"""A pass: a new process for each case, which take turns in a new random order in each round."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edgecnn.bench.case import Case, Role
from edgecnn.bench.inputs import Inputs
from edgecnn.bench.monitor import Monitor
from edgecnn.bench.participant import CasePass, Participant
from edgecnn.bench.process import Start
from edgecnn.bench.requests import (
    Classified,
    Classify,
    Load,
    ReadMemory,
    TimeBatches,
    TimeCalls,
    TimePacedCalls,
    TimeStages,
)
from edgecnn.bench.result import Batch, Moment, WarmUp
from edgecnn.bench.settings import Settings

_WINDOW_SECONDS = 0.05
_WINDOW_CALLS = 3
_STABLE_WINDOWS = 3
_STABLE_SHARE = 0.05
"""The latency is stable when the medians of three windows in a row differ by no more than a twentieth."""
_MOST_CALLS = 100_000
_BATCH_CALLS = 3


@dataclass(frozen=True, slots=True)
class PassRecord:
    """The result of a pass: one entry per case, None for those that had failed before, and the machine."""

    cases: tuple[CasePass | None, ...]
    timeline: tuple[Moment, ...]


def turn_orders(count: int, rounds: int, seed: str) -> Iterator[list[int]]:
    """Yield, for each round, the order in which `count` cases take their turns; the same for the same seed."""
    generator = random.Random(seed)
    order = list(range(count))
    for _ in range(rounds):
        generator.shuffle(order)
        yield list(order)


class Pass:
    """One pass over the cases that have not failed.

    Args:
        number: from 0 on.
        cases: None for a case that does not take part.
        start: starts workers.
        step: called with the next step, the number of `steps` done, and the latest figure.
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
        self._all = [None if case is None else Participant(case) for case in cases]
        self._present = [participant for participant in self._all if participant is not None]
        self._monitor, self._start, self._step = monitor, start, step
        self._timeline: list[Moment] = []

    def run(self) -> None:
        """Start, warm up, take turns, and make the other measurements in the settings."""
        for position in next(turn_orders(len(self._present), 1, f"{self._settings.seed} start {self._number}")):
            self._begin(self._present[position])
        for participant in self._present:
            self._warm_up(participant)
        orders = turn_orders(len(self._present), self._settings.rounds, f"{self._settings.seed} {self._number}")
        for done, order in enumerate(orders):
            self._look("round")
            for position in order:
                self._turn(self._present[position], self._settings.rounds - done)
        self._look("other latencies")
        for participant in self._present:
            self._extras(participant)
        self._look("end of pass")

    def record(self) -> PassRecord:
        """Return the results so far."""
        return PassRecord(
            tuple(None if participant is None else participant.record() for participant in self._all),
            tuple(self._timeline),
        )

    def close(self) -> None:
        """End all processes."""
        for participant in self._present:
            participant.close()

    def _look(self, what: str) -> None:
        workers = [participant.link.process_id for participant in self._present if participant.link is not None]
        self._timeline.append(self._monitor.moment(what, workers, f"pass {self._number + 1}"))

    def _begin(self, participant: Participant) -> None:
        """Start a case's process and let it answer once; in the first pass, for all images."""
        self._look("start")
        self._step("starting", participant.case.name)
        participant.link = link = self._start(self._settings.timeout)
        participant.started_ns = link.started_ns
        participant.loaded = participant.ask(Load(participant.case, self._inputs.images))
        if self._number == 0:
            self._classify(participant)

    def _classify(self, participant: Participant) -> None:
        """Let a case classify all images, in as many requests as the timeout requires."""
        ranked, spent, left = tuple[tuple[int, ...], ...](), 0, 1
        while left:
            answer = participant.ask(Classify(self._inputs.images, len(ranked), self._settings.request_seconds))
            if answer is None:
                return
            ranked, spent, left = ranked + answer.ranked, spent + answer.classify_ns, answer.left
        participant.classified = Classified(spent, ranked, 0)

    def _warm_up(self, participant: Participant) -> None:
        """Run until the medians of several consecutive windows agree, and set the number of calls per turn."""
        settings, medians = self._settings, list[float]()
        spent, total, calls = 0, 0, _WINDOW_CALLS
        stable = False
        while participant.link is not None and not stable and spent < settings.max_warm_up_seconds * 1e9:
            samples = participant.ask(TimeCalls(warm_up=0, count=calls))
            if samples is None:
                return
            spent, total = spent + sum(samples), total + len(samples)
            medians.append(statistics.median(samples))
            calls = max(_WINDOW_CALLS, math.ceil(_WINDOW_SECONDS * 1e9 / max(1.0, medians[-1])))
            last = medians[-_STABLE_WINDOWS:]
            stable = len(last) == _STABLE_WINDOWS and max(last) <= (1 + _STABLE_SHARE) * min(last)
        if medians:
            participant.warm_up = WarmUp(total, spent / 1e9, stable)
            participant.median_ns = medians[-1]
            participant.calls = self._owed(participant, [], settings.rounds)

    def _turn(self, participant: Participant, turns_left: int) -> None:
        """Run the planned number of calls, more if the case became faster; the last turn makes up the rest."""
        samples = list[int]()
        while not samples or (turns_left == 1 and self._owed(participant, samples, turns_left)):
            owed = self._owed(participant, samples, turns_left)
            count = owed if samples else max(participant.calls, owed)
            warm_up = 0 if samples else min(self._settings.turn_warm_up, count)
            part = participant.ask(TimeCalls(warm_up, count))
            if part is None:
                return
            samples += part
            participant.median_ns = statistics.median(part)
        participant.rounds.append(tuple(samples))
        self._step("taking turns", f"{participant.case.name} {participant.median_ns / 1e3:,.0f} µs")

    def _owed(self, participant: Participant, samples: list[int], turns_left: int) -> int:
        """Return how many calls the next turn needs to reach this process' minimum number and time."""
        settings = self._settings
        processes = 1 if participant.case.role is Role.REFERENCE else settings.processes
        calls = settings.min_samples / processes - sum(map(len, participant.rounds)) - len(samples)
        seconds = settings.min_seconds / processes - (sum(map(sum, participant.rounds)) + sum(samples)) / 1e9
        owed = max(calls, seconds * 1e9 / max(1.0, participant.median_ns)) / turns_left
        return min(max(0, math.ceil(owed)), _MOST_CALLS)

    def _extras(self, participant: Participant) -> None:
        self._step("pacing, stages, batches", participant.case.name)
        settings = self._settings
        participant.steady_bytes = participant.ask(ReadMemory())
        if settings.fps is not None and participant.case.is_artifact:
            participant.paced = participant.ask(TimePacedCalls(settings.fps, settings.frames))
        if self._inputs.pictures:
            participant.stages_ns = participant.ask(TimeStages(self._inputs.pictures)) or ()
        for size in settings.batches:
            if size * _BATCH_CALLS * participant.median_ns < settings.request_seconds * 1e9:
                samples = participant.ask(TimeBatches(size, _BATCH_CALLS))
                participant.batches += [] if samples is None else [Batch(size, samples)]
