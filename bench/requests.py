"""The requests to a worker, and its answers. All durations are in nanoseconds."""

from __future__ import annotations

from dataclasses import dataclass

from edgecnn.bench.case import Case
from edgecnn.feeding import Feeding
from edgecnn.isolated.messages import Request
from edgecnn.profiling.result import Peaks, Profile


@dataclass(frozen=True, slots=True)
class Loaded:
    """The time until a worker's first answer, and its memory.

    Attributes:
        ready_ns: when it was ready to load a case, on the system's monotonic clock.
        import_ns, load_ns, first_ns: of the runtime, of the file, of the first call.
        bare_bytes, peak_bytes: resident memory before the runtime was imported, and the peak until the first answer.
    """

    ready_ns: int
    import_ns: int
    load_ns: int
    first_ns: int
    bare_bytes: int | None
    peak_bytes: int | None


@dataclass(frozen=True, slots=True)
class Load(Request[Loaded]):
    """Load a case, and let it answer once.

    Attributes:
        images: path of a uint8 .npy, whose first images single calls use in turn.
    """

    case: Case
    images: str


@dataclass(frozen=True, slots=True)
class Classified:
    """The classes of some images.

    Attributes:
        ranked: for each image, the numbers of the most probable classes, best first.
        left: how many images remain.
    """

    classify_ns: int
    ranked: tuple[tuple[int, ...], ...]
    left: int


@dataclass(frozen=True, slots=True)
class Classify(Request[Classified]):
    """Classify the images of a .npy from number `first` on, for about `seconds` at most."""

    images: str
    first: int
    seconds: float


@dataclass(frozen=True, slots=True)
class TimeCalls(Request[tuple[int, ...]]):
    """Time `count` single calls of `Classifier.predict`, after `warm_up` calls that are not counted."""

    warm_up: int
    count: int


@dataclass(frozen=True, slots=True)
class PacedCalls:
    """Durations of calls made once per frame; `late` is how many began after the next frame was due."""

    samples_ns: tuple[int, ...]
    late: int


@dataclass(frozen=True, slots=True)
class TimePacedCalls(Request[PacedCalls]):
    """Time `count` calls, `fps` of them per second, sleeping in between."""

    fps: float
    count: int


@dataclass(frozen=True, slots=True)
class TimeStages(Request[tuple[tuple[int, ...], ...]]):
    """Time each of `edgecnn.bench.result.STAGES` for each of some encoded pictures, named by their paths."""

    pictures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TimeBatches(Request[tuple[int, ...]]):
    """Time `count` calls with `size` images each."""

    size: int
    count: int


@dataclass(frozen=True, slots=True)
class ReadMemory(Request[int | None]):
    """Return the resident memory now, in bytes; None if the system does not report it."""


@dataclass(frozen=True, slots=True)
class Rest(Request[None]):
    """Do nothing for some seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class ReadFeeding(Request[Feeding]):
    """Return everything that a file of another tool leaves out about its input and output."""


@dataclass(frozen=True, slots=True)
class ProfileCase(Request[Profile]):
    """Time the operations of the loaded case; `peaks` are the machine's, if known."""

    case: Case
    peaks: Peaks | None
