"""Exported files and the manifest of a folder of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from edgecnn.contract import Contract, Origin, parse_contract, read_model_file
from edgecnn.errors import ArtifactError
from edgecnn.gate import GateResult, Stability
from edgecnn.limits import LimitResult, Outcome
from edgecnn.schema import SchemaError, decode_json, encode
from edgecnn.spec import Format, Precision
from edgecnn.task import SINGLE_LABEL

MANIFEST_NAME = "manifest.json"
REJECTED_FOLDER = "rejected"
SCHEMA_VERSION = 2


@dataclass(frozen=True, slots=True)
class Artifact:
    """One exported model file, the contract inside it, and the SHA-256 of the file."""

    path: Path
    contract: Contract
    sha256: str


@dataclass(frozen=True, slots=True)
class Measured:
    """The results of one model on the evaluation images.

    Attributes:
        images: the number of decisions: one per image for single labels.
        correct: the number that equal the label; None without labels.
        agree: the number that equal the Keras model's.
        max_difference: largest absolute difference between a score and the Keras model's.
    """

    images: int
    correct: int | None
    agree: int
    max_difference: float


@dataclass(frozen=True, slots=True)
class ImageSet:
    """The images that were used.

    Attributes:
        data: the data set.
        count: the number of images.
        sha256: SHA-256 of their uint8 NHWC pixels.
        ids: ID of each image in the data set; empty for evaluation images, which the hash pins down.
        hashes: SHA-256 of each image's pixels, in the same order.
    """

    data: str
    count: int
    sha256: str
    ids: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One artifact as the manifest describes it.

    Attributes:
        file: its name in the folder, or in the sub-folder `rejected` if it was rejected.
        gate: the gate's result; None for float32, which must compute what Keras computes.
        limits: the results for the other limits that were set.
        stability: how files from two halves of the calibration images differ; None where nothing is calibrated, or
            there are too few images to halve.
    """

    file: str
    format: Format
    precision: Precision
    size_bytes: int
    sha256: str
    measured: Measured
    gate: GateResult | None = None
    limits: tuple[LimitResult, ...] = ()
    stability: Stability | None = None

    @property
    def is_rejected(self) -> bool:
        """Whether the gate or another limit did not hold."""
        found = [limit.outcome for limit in self.limits]
        if self.gate is not None:
            found.append(self.gate.outcome)
        return Outcome.DOES_NOT_HOLD in found

    @property
    def place(self) -> str:
        """The file's path from the folder."""
        return f"{REJECTED_FOLDER}/{self.file}" if self.is_rejected else self.file


@dataclass(frozen=True, slots=True)
class Manifest:
    """The contents of a folder of artifacts, made from one Keras model in one export.

    Attributes:
        origin: the Keras model.
        source: path of the Keras model's file, or the name of a shipped model.
        keras: the Keras model's own answers on the evaluation images.
        calibration: the images that set the int8 ranges; None where nothing is calibrated.
        choices: how quantized files are made, and why, in sentences.
        warnings: what deserves a closer look, in sentences.
        task: what answers and labels mean, one of `edgecnn.task.TASKS`.
    """

    origin: Origin
    source: str
    parameters: int
    keras: Measured
    evaluation: ImageSet
    calibration: ImageSet | None
    artifacts: tuple[Entry, ...]
    made_with: dict[str, str]
    choices: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    task: str = field(default=SINGLE_LABEL, metadata={"omit_default": True})
    schema_version: int = SCHEMA_VERSION

    def to_json(self) -> bytes:
        """Return the text of `manifest.json`."""
        return (json.dumps(encode(self), indent=1) + "\n").encode()


@dataclass(frozen=True, slots=True)
class ArtifactFolder:
    """A folder of artifacts: its manifest, and in the same order the artifacts that were not rejected."""

    manifest: Manifest
    artifacts: tuple[Artifact, ...]


def open_artifact(path: str | Path) -> Artifact:
    """Return the artifact in a file, after checking that the file is complete.

    Raises:
        ArtifactError, ContractError: as `edgecnn.contract.read_contract`.
    """
    content = read_model_file(path)
    return Artifact(Path(path), parse_contract(content, path), hashlib.sha256(content).hexdigest())


def has_manifest(folder: Path) -> bool:
    """Whether edgecnn wrote the folder's `manifest.json`; web applications use that file name too."""
    try:
        _decode(folder)
    except (FileNotFoundError, IsADirectoryError, SchemaError):
        return False
    return True


def read_manifest(folder: str | Path) -> Manifest:
    """Return the manifest of a folder, after checking that every file it names is there and unchanged.

    Raises:
        ArtifactError: no folder, no manifest, one that cannot be read, or files that do not match it.
    """
    folder = Path(folder)
    manifest = _found_manifest(folder)
    for entry in manifest.artifacts:
        _read_entry(folder, entry)
    return manifest


def open_folder(folder: str | Path) -> ArtifactFolder:
    """Return the manifest and the artifacts of a folder, reading every file once.

    Raises:
        ArtifactError: as `read_manifest`, or an artifact is damaged.
        ContractError: as `edgecnn.contract.read_contract`.
    """
    folder = Path(folder)
    manifest = _found_manifest(folder)
    artifacts = []
    for entry in manifest.artifacts:
        path, content = folder / entry.place, _read_entry(folder, entry)
        if not entry.is_rejected:
            artifacts.append(Artifact(path, parse_contract(content, path), entry.sha256))
    return ArtifactFolder(manifest, tuple(artifacts))


def intact_entries(folder: Path) -> tuple[Entry, ...]:
    """Return the manifest entries whose files match their description; nothing if the manifest is damaged."""
    try:
        entries = _decode(folder).artifacts
    except (OSError, SchemaError):
        return ()
    return tuple(entry for entry in entries if _is_intact(folder, entry))


def _is_intact(folder: Path, entry: Entry) -> bool:
    try:
        _read_entry(folder, entry)
    except ArtifactError:
        return False
    return True


def _found_manifest(folder: Path) -> Manifest:
    if not folder.is_dir():
        raise ArtifactError(f"no such folder: {folder}")
    try:
        return _decode(folder)
    except FileNotFoundError as error:
        raise ArtifactError(f"{folder} has no {MANIFEST_NAME}; make one: `edgecnn export --out {folder}`") from error
    except (OSError, SchemaError) as error:
        raise ArtifactError(f"cannot read {folder / MANIFEST_NAME}: {error}") from error


def _decode(folder: Path) -> Manifest:
    return decode_json(Manifest, (folder / MANIFEST_NAME).read_bytes(), newest=SCHEMA_VERSION)


def _read_entry(folder: Path, entry: Entry) -> bytes:
    """Return the content of the file that an entry names. Raises `ArtifactError` if it is not the one described."""
    named_by, path = folder / MANIFEST_NAME, folder / entry.place
    if Path(entry.file).name != entry.file or entry.file in ("", ".."):
        raise ArtifactError(f"{named_by} names {entry.file!r}, which is not a plain file name")
    try:
        if not path.is_file():
            raise ArtifactError(f"{named_by} names {entry.place}, which is missing; export again")
        content = path.read_bytes()
    except OSError as error:
        raise ArtifactError(f"cannot read {entry.file!r}, which {named_by} names: {error.strerror}") from error
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise ArtifactError(f"{path} is not the file that {MANIFEST_NAME} describes (SHA-256 differs); export again")
    return content
