"""A run: passes over all cases, then each case alone; saved step by step, so that it can be resumed."""

from __future__ import annotations

from pathlib import Path

from edgecnn.bench.alone import AloneRecord, alone, has_something_to_do
from edgecnn.bench.case import Case, Role
from edgecnn.bench.disturbance import was_throttled
from edgecnn.bench.header import RunHeader, read_header
from edgecnn.bench.inputs import Inputs, prepared, thumbnails
from edgecnn.bench.journal import Journal
from edgecnn.bench.monitor import Monitor
from edgecnn.bench.participant import CasePass
from edgecnn.bench.passes import Pass, PassRecord
from edgecnn.bench.plan import Plan
from edgecnn.bench.process import Start, WorkerProcess
from edgecnn.bench.result import CaseResult, Images, Raw, Result
from edgecnn.bench.settings import Settings
from edgecnn.bench.settle import settled
from edgecnn.data.dataset import Dataset
from edgecnn.files import size_bytes
from edgecnn.profiling.result import Peaks
from edgecnn.progress import Progress, silent
from edgecnn.runtime.lookup import named_backend
from edgecnn.versions import installed_bytes

_MOST_REPEATS = 3
"""How often a throttled pass is repeated."""


def run(
    plan: Plan,
    dataset: Dataset,
    settings: Settings,
    *,
    progress: Progress = silent,
    start: Start = WorkerProcess,
    header: RunHeader | None = None,
    journal: Journal | None = None,
    monitor: Monitor | None = None,
) -> Result:
    """Measure the cases of a plan on the images of a data set.

    A failed case is reported as such, and the others continue. Ctrl-C ends the run and returns the results so far.

    Args:
        plan: what to compare.
        dataset: images that every case classifies; single calls use its first images in turn.
        settings: durations and repetitions.
        progress: called with each step.
        start: starts workers; tests replace it.
        header: of the run, if known; one in the journal takes precedence.
        journal: earlier steps, and where to save new ones; None saves nothing.
        monitor: reads the machine's state; tests replace it.

    Raises:
        KeyboardInterrupt: stopped before any case had a round.
    """
    monitor, journal = monitor or Monitor(), journal or Journal(None, "")
    with prepared(dataset, settings) as inputs:
        plan = settled(plan, inputs, settings.timeout, start)
        running = _Run(plan, inputs, settings, progress=progress, start=start, journal=journal, monitor=monitor)
        kept = journal.get("facts", RunHeader)
        if kept is None:
            kept = header or read_header(plan.cases)
            journal.add("facts", kept)
        is_complete = running.carry_out()
    if not is_complete and not running.has_measured:
        raise KeyboardInterrupt
    try:
        return running.result(kept, dataset, is_complete=is_complete)
    except KeyboardInterrupt:  # all is measured; stopping here would only lose it
        return running.result(kept, dataset, is_complete=False)


class _Run:
    """The records of a run in progress, from which its result is assembled."""

    def __init__(
        self,
        plan: Plan,
        inputs: Inputs,
        settings: Settings,
        *,
        progress: Progress,
        start: Start,
        journal: Journal,
        monitor: Monitor,
    ) -> None:
        self._plan, self._inputs, self._settings, self._progress = plan, inputs, settings, progress
        self._start, self._journal, self._monitor = start, journal, monitor
        self._passes = list[PassRecord]()
        self._alone = dict[int, AloneRecord]()
        self._done = 0
        self._steps_a_pass = len(plan.cases) * (settings.rounds + 2)
        self._total = self._steps_a_pass * settings.processes
        self._total += sum(has_something_to_do(case, settings) for case in plan.cases)

    def carry_out(self) -> bool:
        """Make all steps missing in the journal; return False if Ctrl-C ended that."""
        try:
            for number in range(self._settings.processes):
                if not self._pass(number):
                    return False
            for number, case in enumerate(self._plan.cases):
                if self._error(number) is None and has_something_to_do(case, self._settings):
                    self._measure_alone(number, case)
        except KeyboardInterrupt:
            return False
        return True

    @property
    def has_measured(self) -> bool:
        """Whether any case had a round."""
        return any(self._of_case(number) for number in range(len(self._plan.cases)))

    def result(self, header: RunHeader, dataset: Dataset, *, is_complete: bool) -> Result:
        """Return the result of the records."""
        labels = None if dataset.labels is None else tuple(dataset.labels.ravel().tolist())
        cases = tuple(self._case_result(number, case) for number, case in enumerate(self._plan.cases))
        records: tuple[PassRecord | AloneRecord, ...] = (*self._passes, *self._alone.values())
        errors = {self._plan.cases[number].name: record.error for number, record in self._alone.items()}
        return Result(
            created=header.created,
            settings=self._settings,
            machine=header.machine,
            versions=header.versions,
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
            timer_ns=header.timer_ns,
            timeline=tuple(moment for record in records for moment in record.timeline),
            notes=(*self._plan.notes, *(f"{name} alone: {error}" for name, error in errors.items() if error)),
            is_complete=is_complete,
        )

    def _pass(self, number: int) -> bool:
        """Make a pass and save it; return False if Ctrl-C ended it early."""
        step = f"pass {number}"
        kept = self._journal.get(step, PassRecord)
        record, is_whole = self._measured_pass(number) if kept is None else (kept, True)
        self._passes.append(record)
        self._done = (number + 1) * self._steps_a_pass
        if kept is None and is_whole:  # last, so that Ctrl-C during a slow write loses nothing
            self._journal.add(step, record)
        return is_whole

    def _measured_pass(self, number: int) -> tuple[PassRecord, bool]:
        """Return the record of a pass, repeated if it was throttled, and False if Ctrl-C ended it."""
        throttled: PassRecord | None = None
        for left in reversed(range(_MOST_REPEATS)):
            record, is_whole = self._once(number)
            if not is_whole:
                return throttled or record, False
            if not (left and self._settings.wait_cool and was_throttled(record.timeline)):
                break
            throttled = record
            self._progress("waiting until the machine is cool", self._done, self._total)
            try:
                self._monitor.wait_until_cool()
            except KeyboardInterrupt:
                return record, False
        return record, True

    def _once(self, number: int) -> tuple[PassRecord, bool]:
        self._done = number * self._steps_a_pass
        turns = Pass(
            number,
            tuple(case if self._takes_part(place, number) else None for place, case in enumerate(self._plan.cases)),
            self._inputs,
            self._settings,
            monitor=self._monitor,
            start=self._start,
            step=lambda what, detail: self._report(f"pass {number + 1} of {self._settings.processes}, {what}", detail),
        )
        try:
            try:
                turns.run()
            finally:
                turns.close()
        except KeyboardInterrupt:
            return turns.record(), False
        return turns.record(), True

    def _measure_alone(self, number: int, case: Case) -> None:
        step = f"alone {number}"
        kept = self._journal.get(step, AloneRecord)
        record = kept or alone(
            case,
            self._inputs,
            self._settings,
            peaks=self._peaks(case),
            monitor=self._monitor,
            start=self._start,
        )
        self._alone[number] = record
        if kept is None:
            self._journal.add(step, record)
        self._report("each case alone", case.name)

    def _takes_part(self, place: int, number: int) -> bool:
        """Whether a case is in a pass: it has not failed; references run once, as no decision rests on them."""
        is_reference = self._plan.cases[place].role is Role.REFERENCE
        return self._error(place) is None and (number == 0 or not is_reference)

    def _of_case(self, place: int) -> list[CasePass]:
        """Return the records of a case from the passes in which it had a round."""
        parts = [record.cases[place] for record in self._passes]
        return [part for part in parts if part is not None and part.process is not None]

    def _error(self, place: int) -> str | None:
        parts = [record.cases[place] for record in self._passes]
        return next((part.error for part in parts if part is not None and part.error is not None), None)

    def _peaks(self, case: Case) -> Peaks | None:
        """Return the machine's peaks as measured by another case on the same runtime in this run."""
        profiles = [record.profile for record in self._alone.values() if record.profile is not None]
        return next((it.peaks for it in profiles if (it.backend, it.threads) == (case.backend, case.threads)), None)

    def _case_result(self, place: int, case: Case) -> CaseResult:
        passes, error = self._of_case(place), self._error(place)
        if not passes:
            return CaseResult(case, None, error or "stopped before it was measured")
        record = self._alone.get(place, AloneRecord())
        raw = Raw(
            size_bytes=size_bytes(Path(case.path)),
            runtime_bytes=installed_bytes(named_backend(case.backend).package),
            ranked=passes[0].ranked,
            classify_seconds=passes[0].classify_seconds,
            processes=tuple(part.process for part in passes if part.process is not None),
            windows=record.windows,
            energy=record.energy,
            profile=record.profile,
        )
        return CaseResult(case, raw, error)

    def _report(self, what: str, detail: str) -> None:
        self._progress(what, self._done, self._total, detail)
        self._done += 1
