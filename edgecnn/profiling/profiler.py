"""Input and output of a profiler."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgecnn.intervals import Interval
from edgecnn.profiling.result import TimedOperation
from edgecnn.progress import Progress
from edgecnn.runtime.backend import Tensor


@dataclass(frozen=True, slots=True)
class ProfilerInput:
    """One file on one runtime.

    Attributes:
        tensors: inputs as the model takes them, used in turn.
    """

    path: Path
    backend: str
    threads: int
    tensors: tuple[Tensor, ...]
    progress: Progress


@dataclass(frozen=True, slots=True)
class OperationTimes:
    """A profile without the machine's peak rates."""

    method: str
    operations: tuple[TimedOperation, ...]
    whole_ns: Interval
    notes: tuple[str, ...]
