"""A case during a pass, and the record of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from edgecnn.bench.case import Case
from edgecnn.bench.process import Link
from edgecnn.bench.requests import Classified, Loaded, PacedCalls
from edgecnn.bench.result import Batch, Cold, ProcessRun, WarmUp, WorkerMemory
from edgecnn.errors import MeasurementError
from edgecnn.isolated.messages import Answer, Request


@dataclass(frozen=True, slots=True)
class CasePass:
    """The record of one case in a pass.

    Attributes:
        process: None if it failed or was stopped before its first round.
        ranked, classify_seconds: as in `Raw`; from the first pass only.
    """

    process: ProcessRun | None
    ranked: tuple[tuple[int, ...], ...] = ()
    classify_seconds: float = 0.0
    error: str | None = None


@dataclass(slots=True)
class Participant:
    """A case during a pass: its worker, and the worker's answers so far."""

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
        """Return the worker's answer; None after a failure, without asking."""
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
        """Return the record so far."""
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
