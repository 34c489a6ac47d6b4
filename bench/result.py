"""The result of a run: raw samples and facts. Everything else is derived (see `findings`)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from edgecnn.bench.case import Case
from edgecnn.bench.settings import Settings
from edgecnn.device.machine import Machine
from edgecnn.device.sensors import Sample
from edgecnn.errors import MeasurementError
from edgecnn.profiling.result import Profile
from edgecnn.schema import SchemaError, decode_json, encode
from edgecnn.task import SINGLE_LABEL

RESULT_NAME = "result.json"
SCHEMA_VERSION = 2
"""2: repeated processes, four latencies, time line. A reader of 1 would see only one process."""

STAGES = ("decode", "resize", "quantize", "invoke", "scores")
"""The stages from an encoded picture to probabilities, in order."""


@dataclass(frozen=True, slots=True)
class Cold:
    """The steps of a new process until its first answer, in nanoseconds.

    Attributes:
        start_ns: from the request for a process until Python, NumPy and edgecnn are there.
        import_ns: of the runtime's Python package.
        load_ns: from the file to a classifier that can be called.
        first_ns: of the first call.
    """

    start_ns: int
    import_ns: int
    load_ns: int
    first_ns: int


@dataclass(frozen=True, slots=True)
class WarmUp:
    """The warm-up of a process: calls, seconds, and whether its latency became stable."""

    calls: int
    seconds: float
    is_stable: bool


@dataclass(frozen=True, slots=True)
class WorkerMemory:
    """Resident memory of a worker; None if the system does not report it.

    Attributes:
        bare_bytes: before the runtime is imported: Python, NumPy and edgecnn.
        peak_bytes: the maximum until the first answer.
        steady_bytes: at the end of the rounds.
    """

    bare_bytes: int | None
    peak_bytes: int | None
    steady_bytes: int | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Calls with several images each: `size` images per call, and the duration of each call in nanoseconds."""

    size: int
    samples_ns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ProcessRun:
    """The record of one process of a case.

    Attributes:
        rounds_ns: for each round, the duration of each single call of `Classifier.predict`.
        paced_ns: durations of calls made once per frame, with the process asleep in between.
        late: how many of these began after the next frame was due.
        stages_ns: for each encoded picture, the duration of each of `STAGES`.
        batches: calls with several images.
    """

    cold: Cold
    warm_up: WarmUp
    memory: WorkerMemory
    rounds_ns: tuple[tuple[int, ...], ...]
    paced_ns: tuple[int, ...] = ()
    late: int = 0
    stages_ns: tuple[tuple[int, ...], ...] = ()
    batches: tuple[Batch, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """An uninterrupted stretch of calls, for MLPerf's rules: the duration of each in nanoseconds."""

    samples_ns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CaseEnergy:
    """A meter's readings while a case ran, and while the machine idled for as long.

    Attributes:
        calls: of `Classifier.predict` in that time.
        covers: what the meter covers: "package", "internal rails only".
    """

    joules: float
    idle_joules: float
    seconds: float
    calls: int
    covers: str


@dataclass(frozen=True, slots=True)
class Raw:
    """The measurements of one case.

    Attributes:
        size_bytes: of the model file.
        runtime_bytes: of the installed files of the runtime's package; None if it does not list them.
        ranked: for each image, what its task keeps of the answer; for single labels the numbers of the five most
            probable classes (or of all, if fewer), best first.
        classify_seconds: for all images, in parts of about 64 (a Keras model: 250).
        processes: one after the other, in the order of the passes.
        windows: with `--mlperf-tiny`.
        energy: if the machine has a meter.
        profile: with `--profile`.
    """

    size_bytes: int
    runtime_bytes: int | None
    ranked: tuple[tuple[int, ...], ...]
    classify_seconds: float
    processes: tuple[ProcessRun, ...]
    windows: tuple[Window, ...] = ()
    energy: CaseEnergy | None = None
    profile: Profile | None = None


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case and its measurements; a case with an error has those made until then, if any."""

    case: Case
    raw: Raw | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """An image on which answers differ: its place among the images, and a small PNG as base64 text."""

    image: int
    png: str


@dataclass(frozen=True, slots=True)
class Images:
    """The images that all cases classified: data set, SHA-256 of the pixels, class names, and labels if known.

    Attributes:
        labels: in C order, whatever their form.
        pictures: some of those on which a case and the baseline differ.
        task: the meaning of labels and answers, one of `edgecnn.task.TASKS`.
    """

    data: str
    sha256: str
    class_names: tuple[str, ...]
    labels: tuple[int, ...] | None
    count: int
    pictures: tuple[Picture, ...] = ()
    task: str = field(default=SINGLE_LABEL, metadata={"omit_default": True})


@dataclass(frozen=True, slots=True)
class Moment:
    """The machine between two steps of the run.

    Attributes:
        what: the step that follows.
        own_seconds: CPU time used by the run's own processes until then.
        step: an uninterrupted part of the run, such as a pass; only moments of one step are consecutive.
    """

    what: str
    sample: Sample
    own_seconds: float | None
    step: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One run.

    Attributes:
        created: UTC, ISO 8601.
        timer_ns: durations of a call that does nothing, measured like every call: the cost of measuring.
        timeline: the machine before, during and after.
        notes: what was left out, and why.
        is_complete: whether all planned passes were made; False if the run was stopped.
    """

    created: str
    settings: Settings
    machine: Machine
    versions: dict[str, str]
    images: Images
    cases: tuple[CaseResult, ...]
    timer_ns: tuple[int, ...]
    timeline: tuple[Moment, ...]
    notes: tuple[str, ...]
    is_complete: bool = True
    schema_version: int = SCHEMA_VERSION

    def to_json(self) -> bytes:
        """Return the text of `result.json`."""
        return (json.dumps(encode(self), separators=(",", ":")) + "\n").encode()


def read_result(path: Path) -> Result:
    """Return the result in a file.

    Raises:
        MeasurementError: no such file, or not a result of a version that this edgecnn reads.
    """
    try:
        return decode_json(Result, path.read_bytes(), newest=SCHEMA_VERSION)
    except (OSError, SchemaError) as error:
        raise MeasurementError(f"cannot read the result {path}: {error}") from error
