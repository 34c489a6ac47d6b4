"""The figures of each case, derived from the raw samples of a result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgecnn.bench.accuracy import Accuracy, accuracy
from edgecnn.bench.case import Case, Role
from edgecnn.bench.result import STAGES, CaseEnergy, ProcessRun, Raw, Result, Window
from edgecnn.intervals import Interval, Rounds, median_ratio, quantiles

_SHARES = (0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Latency:
    """Latency of single calls in the tight loop, in seconds.

    Attributes:
        p50, p90: with intervals over processes and rounds (see `edgecnn.intervals.quantiles`).
        speedup: how many times faster than the baseline, paired by rounds; None for the baseline itself, and without
            one.
        between_processes: the largest median of a process divided by the smallest; None for one process.
    """

    p50: Interval
    p90: Interval
    p99: float
    mean: float
    deviation: float
    minimum: float
    samples: int
    speedup: Interval | None
    between_processes: float | None


@dataclass(frozen=True, slots=True)
class ColdStart:
    """Seconds until the first answer of a new process: medians over processes.

    Attributes:
        total: of all steps, with the smallest and the largest seen.
    """

    start: float
    imports: float
    load: float
    first: float
    total: Interval


@dataclass(frozen=True, slots=True)
class Paced:
    """Single calls at a frame rate, in seconds; `late` of them began after the next frame was due."""

    fps: float
    p50: float
    p90: float
    samples: int
    late: int


@dataclass(frozen=True, slots=True)
class EndToEnd:
    """From an encoded picture to probabilities, in seconds: the median of each of `STAGES`, and of the total."""

    stages: tuple[float, ...]
    p50: float
    p90: float
    samples: int


@dataclass(frozen=True, slots=True)
class Throughput:
    """Images per second with `size` images per call."""

    size: int
    images_per_second: float


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Bytes above the bare process, the largest over processes; None if the system does not report them.

    Attributes:
        peak: until the first answer.
        steady: after the rounds.
    """

    peak: int | None
    steady: int | None

    @property
    def most(self) -> int | None:
        """The larger of the two."""
        return max((used for used in (self.peak, self.steady) if used is not None), default=None)


@dataclass(frozen=True, slots=True)
class SingleStream:
    """MLPerf's metric of one stream of single queries: the median over windows of the 90th percentile, in seconds."""

    p90: float
    windows: int
    shortest_window: float


@dataclass(frozen=True, slots=True)
class Summary:
    """All figures of one case that did not fail.

    Attributes:
        throughput: one for each call size; the last is for all images, in parts of about 64 (a Keras model: 250).
        joules: per inference, above the idle machine; None without a meter.
        accuracy: None if the images have no labels.
    """

    case: Case
    raw: Raw
    latency: Latency
    cold: ColdStart
    paced: Paced | None
    end_to_end: EndToEnd | None
    throughput: tuple[Throughput, ...]
    memory: MemoryUse
    single_stream: SingleStream | None
    joules: float | None
    accuracy: Accuracy | None

    @property
    def best_throughput(self) -> Throughput:
        """The call size that classifies the most images per second."""
        return max(self.throughput, key=lambda one: one.images_per_second)


def summarise(result: Result) -> tuple[Summary, ...]:
    """Return the figures of each case that did not fail, in the order of the run."""
    baseline = next((one.raw for one in result.cases if one.case.role is Role.BASELINE and one.error is None), None)
    return tuple(
        _summary(one.case, one.raw, result, baseline)
        for one in result.cases
        if one.raw is not None and one.error is None
    )


def round_medians(raw: Raw) -> Rounds:
    """Return, for each process, the median duration of each round in nanoseconds, float64, (rounds,)."""
    return tuple(np.array([np.median(samples) for samples in process.rounds_ns]) for process in raw.processes)


def _summary(case: Case, raw: Raw, result: Result, baseline: Raw | None) -> Summary:
    other = None if case.role is Role.BASELINE else baseline
    return Summary(
        case=case,
        raw=raw,
        latency=_latency(raw, other),
        cold=_cold(raw.processes),
        paced=_paced(raw.processes, result.settings.fps),
        end_to_end=_end_to_end(raw.processes),
        throughput=(
            *_throughput(raw.processes),
            Throughput(result.images.count, result.images.count / raw.classify_seconds),
        ),
        memory=_memory(raw.processes),
        single_stream=_single_stream(raw.windows),
        joules=_joules(raw.energy),
        accuracy=accuracy(raw, other, result.images),
    )


def _latency(raw: Raw, baseline: Raw | None) -> Latency:
    rounds = tuple(
        tuple(np.array(samples, np.float64) / 1e9 for samples in process.rounds_ns) for process in raw.processes
    )
    p50, p90 = quantiles(rounds, _SHARES)
    samples = np.concatenate([samples for process in rounds for samples in process])
    medians = [float(np.median(np.concatenate(process))) for process in rounds]
    return Latency(
        p50=p50,
        p90=p90,
        p99=float(np.quantile(samples, 0.99)),
        mean=float(samples.mean()),
        deviation=float(samples.std()),
        minimum=float(samples.min()),
        samples=len(samples),
        speedup=median_ratio(round_medians(baseline), round_medians(raw)) if baseline else None,
        between_processes=max(medians) / min(medians) if len(medians) > 1 else None,
    )


def _cold(processes: tuple[ProcessRun, ...]) -> ColdStart:
    steps = np.array([(p.cold.start_ns, p.cold.import_ns, p.cold.load_ns, p.cold.first_ns) for p in processes]) / 1e9
    totals = steps.sum(axis=1)
    start, imports, load, first = (float(value) for value in np.median(steps, axis=0))
    return ColdStart(
        start, imports, load, first, Interval(float(np.median(totals)), float(totals.min()), float(totals.max()))
    )


def _paced(processes: tuple[ProcessRun, ...], fps: float | None) -> Paced | None:
    samples = _seconds([process.paced_ns for process in processes])
    if fps is None or not len(samples):
        return None
    p50, p90 = np.quantile(samples, _SHARES)
    return Paced(fps, float(p50), float(p90), len(samples), sum(process.late for process in processes))


def _end_to_end(processes: tuple[ProcessRun, ...]) -> EndToEnd | None:
    rows = [row for process in processes for row in process.stages_ns]
    if not rows:
        return None
    stages = np.array(rows, np.float64) / 1e9
    p50, p90 = np.quantile(stages.sum(axis=1), _SHARES)
    medians = tuple(float(value) for value in np.median(stages, axis=0))
    assert len(medians) == len(STAGES)
    return EndToEnd(medians, float(p50), float(p90), len(rows))


def _throughput(processes: tuple[ProcessRun, ...]) -> tuple[Throughput, ...]:
    by_size: dict[int, list[tuple[int, ...]]] = {}
    for process in processes:
        for batch in process.batches:
            by_size.setdefault(batch.size, []).append(batch.samples_ns)
    return tuple(
        Throughput(size, size / float(np.median(_seconds(samples)))) for size, samples in sorted(by_size.items())
    )


def _memory(processes: tuple[ProcessRun, ...]) -> MemoryUse:
    """Return peak and steady memory; a first process that classified all images says nothing about steady use."""

    def above_bare(kind: str, which: tuple[ProcessRun, ...]) -> int | None:
        pairs = [(getattr(process.memory, kind), process.memory.bare_bytes) for process in which]
        return max((used - bare for used, bare in pairs if used is not None and bare is not None), default=None)

    return MemoryUse(above_bare("peak_bytes", processes), above_bare("steady_bytes", processes[1:] or processes))


def _single_stream(windows: tuple[Window, ...]) -> SingleStream | None:
    if not windows:
        return None
    seconds = [_seconds([window.samples_ns]) for window in windows]
    p90 = float(np.median([np.quantile(samples, 0.9) for samples in seconds]))
    return SingleStream(p90, len(windows), min(float(samples.sum()) for samples in seconds))


def _joules(energy: CaseEnergy | None) -> float | None:
    return None if energy is None else (energy.joules - energy.idle_joules) / energy.calls


def _seconds(samples: list[tuple[int, ...]]) -> npt.NDArray[np.float64]:
    return np.array([sample for part in samples for sample in part], np.float64) / 1e9
