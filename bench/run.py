"""A run: passes over all cases, then what each case does alone; kept step by step, so that it can go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edgecnn.bench.alone import AloneRecord, alone, has_something_to_do
from edgecnn.bench.case import Case, Role
from edgecnn.bench.disturbance import was_throttled
from edgecnn.bench.inputs import prepared, thumbnails
from edgecnn.bench.journal import Journal
from edgecnn.bench.monitor import Monitor
from edgecnn.bench.passes import CasePass, Inputs, Pass, PassRecord, Start
from edgecnn.bench.plan import Plan
from edgecnn.bench.process import WorkerProcess
from edgecnn.bench.result import CaseResult, Images, Moment, Raw, Result
from edgecnn.bench.settings import Settings
from edgecnn.bench.settle import settled
from edgecnn.data.dataset import Dataset
from edgecnn.device.machine import Machine, read_machine
from edgecnn.files import size_bytes
from edgecnn.profiling.result import Peaks
from edgecnn.progress import Progress, silent
from edgecnn.runtime.backend import named_backend
from edgecnn.runtime.timing import time_calls
from edgecnn.versions import installed_bytes, versions_of

_TIMED_NOTHING = 2000
_MOST_REPEATS = 3
"""How often a throttled pass is made again."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is read once, before anything is measured."""

    created: str
    machine: Machine
    versions: dict[str, str]
    timer_ns: tuple[int, ...]


def run(
    plan: Plan,
    dataset: Dataset,
    settings: Settings,
    *,
    progress: Progress = silent,
    start: Start = WorkerProcess,
    journal: Journal | None = None,
    monitor: Monitor | None = None,
) -> Result:
    """Measure the cases of a plan on the images of a data set.

    A case that fails is reported as such, and the others go on. Ctrl-C ends the run: what there is so far is returned.

    Args:
        plan: what to compare.
        dataset: what every case classifies; single calls take its first images in turn.
        settings: how long and how often.
        progress: called with steps.
        start: makes workers; another one in tests.
        journal: what has been done before and where to keep what is done; None keeps nothing.
        monitor: looks at the machine; another one in tests.

    Raises:
        KeyboardInterrupt: stopped before any case had a round.
    """
    monitor = monitor or Monitor()
    with prepared(dataset, settings) as inputs:
        running = _Run(
            settled(plan, inputs, settings.timeout, start),
            settings,
            progress=progress,
            start=start,
            journal=journal or Journal(None, ""),
            monitor=monitor,
        )
        is_complete = running.carry_out(inputs)
    if not is_complete and not any(one.processes for one in running.cases):
        raise KeyboardInterrupt
    return running.result(dataset, is_complete)


def packages(backends: tuple[str, ...]) -> tuple[str, ...]:
    """Return the distributions whose versions decide what a run on these runtimes finds."""
    of_runtimes = [named_backend(name).package for name in backends]
    return tuple(dict.fromkeys([*of_runtimes, *(["keras"] if "keras" in backends else []), "numpy", "pillow"]))


@dataclass(slots=True)
class _CaseState:
    case: Case
    processes: list[CasePass]
    alone: AloneRecord | None = None
    error: str | None = None


class _Run:
    """The state of a run while it is carried out."""

    def __init__(
        self,
        plan: Plan,
        settings: Settings,
        *,
        progress: Progress,
        start: Start,
        journal: Journal,
        monitor: Monitor,
    ) -> None:
        self.cases = [_CaseState(case, []) for case in plan.cases]
        self._plan, self._settings, self._progress = plan, settings, progress
        self._start, self._journal, self._monitor = start, journal, monitor
        self._timeline: list[Moment] = []
        self._notes = list(plan.notes)
        self._peaks: dict[tuple[str, int], Peaks] = {}
        self._done = 0
        self._total = len(plan.cases) * (settings.processes * (settings.rounds + 2))
        self._total += sum(has_something_to_do(case, settings) for case in plan.cases)
        self._facts = self._journal.get("facts", Facts) or self._read_facts()

    def carry_out(self, inputs: Inputs) -> bool:
        """Make all steps that the journal does not have; return False if Ctrl-C ended that."""
        try:
            for number in range(self._settings.processes):
                if not self._pass(number, inputs):
                    return False
            for number, state in enumerate(self.cases):
                self._alone(number, state, inputs)
        except KeyboardInterrupt:
            return False
        return True

    def result(self, dataset: Dataset, is_complete: bool) -> Result:
        labels = None if dataset.labels is None else tuple(dataset.labels.ravel().tolist())
        cases = tuple(_case_result(state) for state in self.cases)
        return Result(
            created=self._facts.created,
            settings=self._settings,
            machine=self._facts.machine,
            versions=self._facts.versions,
            images=Images(
                dataset.name,
                dataset.sha256,
                dataset.class_names,
                labels,
                len(dataset),
                thumbnails(cases, dataset),
                dataset.task_name,
            ),
            cases=cases,
            timer_ns=self._facts.timer_ns,
            timeline=tuple(self._timeline),
            notes=tuple(self._notes),
            is_complete=is_complete,
        )

    def _pass(self, number: int, inputs: Inputs) -> bool:
        """Make a pass and keep it; return False if Ctrl-C ended it, with what there is."""
        step = f"pass {number}"
        kept = self._journal.get(step, PassRecord)
        record, is_whole = self._measured_pass(number, inputs) if kept is None else (kept, True)
        self._done = (number + 1) * len(self.cases) * (self._settings.rounds + 2)
        self._timeline += record.timeline
        for state, found in zip(self.cases, record.cases, strict=True):
            if found is not None:
                state.error = state.error or found.error
                if found.process is not None:
                    state.processes.append(found)
        if kept is None and is_whole:  # last, so that Ctrl-C while the disk is slow loses nothing that is kept
            self._journal.add(step, record)
        return is_whole

    def _measured_pass(self, number: int, inputs: Inputs) -> tuple[PassRecord, bool]:
        kept: PassRecord | None = None
        for left in reversed(range(_MOST_REPEATS)):
            record, is_whole = self._once(number, inputs)
            if not is_whole:
                return kept or record, False
            kept = record
            if not (left and self._settings.wait_cool and was_throttled(record.timeline)):
                break
            self._progress("waiting until the machine is cool", self._done, self._total)
            try:
                self._monitor.wait_until_cool()
            except KeyboardInterrupt:
                return kept, False
        return record, True

    def _once(self, number: int, inputs: Inputs) -> tuple[PassRecord, bool]:
        self._done = number * len(self.cases) * (self._settings.rounds + 2)
        taking_part = tuple(state.case if _takes_part(state, number) else None for state in self.cases)
        one = Pass(
            number,
            taking_part,
            inputs,
            self._settings,
            monitor=self._monitor,
            start=self._start,
            step=lambda what, detail: self._report(f"pass {number + 1} of {self._settings.processes}, {what}", detail),
        )
        try:
            one.run()
        except KeyboardInterrupt:
            return one.record(), False
        finally:
            one.close()
        return one.record(), True

    def _alone(self, number: int, state: _CaseState, inputs: Inputs) -> None:
        if state.error or not has_something_to_do(state.case, self._settings):
            return
        step = f"alone {number}"
        kept = self._journal.get(step, AloneRecord)
        state.alone = kept or alone(
            state.case,
            inputs,
            self._settings,
            peaks=self._peaks.get((state.case.backend, state.case.threads)),
            monitor=self._monitor,
            start=self._start,
        )
        if state.alone.profile is not None:
            self._peaks[state.case.backend, state.case.threads] = state.alone.profile.peaks
        self._timeline += state.alone.timeline
        if state.alone.error is not None:  # what was measured before is not lost for it
            self._notes.append(f"{state.case.name} alone: {state.alone.error}")
        if kept is None:
            self._journal.add(step, state.alone)
        self._report("each case alone", state.case.name)

    def _read_facts(self) -> Facts:
        facts = _facts(self._plan)
        self._journal.add("facts", facts)
        return facts

    def _report(self, what: str, detail: str) -> None:
        self._progress(what, self._done, self._total, detail)
        self._done += 1


def _takes_part(state: _CaseState, number: int) -> bool:
    """Whether a case is in a pass: it has not failed; references are seen once, as nobody decides by them."""
    return state.error is None and (number == 0 or state.case.role is not Role.REFERENCE)


def _facts(plan: Plan) -> Facts:
    nothing = list[None]([None] * _TIMED_NOTHING)
    return Facts(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=read_machine(),
        versions=versions_of(*packages(tuple(case.backend for case in plan.cases))),
        timer_ns=tuple(time_calls(lambda _: None, nothing)),
    )


def _case_result(state: _CaseState) -> CaseResult:
    if not state.processes:
        return CaseResult(state.case, None, state.error or "stopped before it was measured")
    first, found = state.processes[0], state.alone or AloneRecord()
    raw = Raw(
        size_bytes=size_bytes(Path(state.case.path)),
        runtime_bytes=installed_bytes(named_backend(state.case.backend).package),
        ranked=first.ranked,
        classify_seconds=first.classify_seconds,
        processes=tuple(one.process for one in state.processes if one.process is not None),
        windows=found.windows,
        energy=found.energy,
        profile=found.profile,
    )
    return CaseResult(state.case, raw, state.error)
