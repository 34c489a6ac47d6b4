"""What a run found: raw samples and facts. Everything else is derived (see `summary`)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from edgecnn.bench.case import Case
from edgecnn.device.machine import Machine
from edgecnn.errors import MeasurementError
from edgecnn.schema import SchemaError, decode_json, encode

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run is carried out.

    Attributes:
        rounds: in each, every case has one turn, in an order drawn anew.
        turn_seconds: about how long a turn is.
        turn_samples: the most single calls in a turn.
        turn_warm_up: calls at the start of each turn that are not counted, because another case had the caches; no more
            than are counted.
        warm_up_seconds: how long each case runs before the first round.
        seed: of the order.
        timeout: seconds that one step of a case may take.
    """

    rounds: int = 30
    turn_seconds: float = 0.1
    turn_samples: int = 200
    turn_warm_up: int = 10
    warm_up_seconds: float = 0.5
    seed: int = 0
    timeout: float = 300.0


@dataclass(frozen=True, slots=True)
class Raw:
    """What one case did.

    Attributes:
        size_bytes: of the model file.
        import_seconds: of the runtime's Python package.
        load_seconds: from the file to a classifier that can be called.
        first_seconds: of the first call.
        classify_seconds: of all images in one call.
        answers: class number for each image.
        rounds_ns: for each round, the duration of each single call of `Classifier.predict`.
        peak_memory_bytes: of the whole process until the first answer; None where the system does not tell.
    """

    size_bytes: int
    import_seconds: float
    load_seconds: float
    first_seconds: float
    classify_seconds: float
    answers: tuple[int, ...]
    rounds_ns: tuple[tuple[int, ...], ...]
    peak_memory_bytes: int | None


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case and what it did, or why it did not."""

    case: Case
    raw: Raw | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Images:
    """The images that all cases classified: data set, SHA-256 of the pixels, class names, and labels if known."""

    data: str
    sha256: str
    class_names: tuple[str, ...]
    labels: tuple[int, ...] | None
    count: int


@dataclass(frozen=True, slots=True)
class Result:
    """One run.

    Attributes:
        created: UTC, ISO 8601.
        notes: what was left out, and why.
    """

    created: str
    settings: Settings
    machine: Machine
    versions: dict[str, str]
    images: Images
    cases: tuple[CaseResult, ...]
    notes: tuple[str, ...]
    schema_version: int = SCHEMA_VERSION

    def to_json(self) -> bytes:
        """Return the text of `result.json`."""
        return (json.dumps(encode(self), separators=(",", ":")) + "\n").encode()


def read_result(path: Path) -> Result:
    """Return the result in a file.

    Raises:
        MeasurementError: no such file, or no result of a version that this edgecnn reads.
    """
    try:
        return decode_json(Result, path.read_bytes(), newest=SCHEMA_VERSION)
    except (OSError, SchemaError) as error:
        raise MeasurementError(f"cannot read the result {path}: {error}") from error
