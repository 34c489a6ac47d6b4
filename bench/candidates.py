"""The model files of a run, each read once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from edgecnn.artifact import open_folder
from edgecnn.contract import Description, find_contract, read_model_file
from edgecnn.errors import EdgecnnError
from edgecnn.feeding import Feeding
from edgecnn.files import sha256_file, sha256_folder
from edgecnn.models.registry import SHIPPED, find_model_file
from edgecnn.runtime.foreign import describe_foreign


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model file: its contract, or the stated feeding, and the SHA-256 of its content."""

    path: Path
    description: Description
    sha256: str


@dataclass(frozen=True, slots=True)
class KerasFile:
    """A Keras model: the path of a file or folder, or the name of a shipped model, and the SHA-256 of its content."""

    source: str
    sha256: str


@dataclass(frozen=True, slots=True)
class CandidateSource:
    """The models at a path that the user named.

    Attributes:
        candidates: the file, or the artifacts of the folder.
        rejected: names of files rejected by the folder's export.
        original: the Keras model they were made from; None if unknown.
    """

    candidates: tuple[Candidate, ...]
    rejected: tuple[str, ...] = ()
    original: KerasFile | None = None


def read_source(path: Path, feeding: Feeding) -> CandidateSource:
    """Return the candidates in a folder of artifacts or in a single file.

    Args:
        path: of the folder or file.
        feeding: the input of a file not made by edgecnn.

    Raises:
        ArtifactError, ContractError: it cannot be used.
    """
    if path.is_dir():
        folder = open_folder(path)
        manifest = folder.manifest
        return CandidateSource(
            tuple(Candidate(artifact.path, artifact.contract, artifact.sha256) for artifact in folder.artifacts),
            tuple(entry.file for entry in manifest.artifacts if entry.is_rejected),
            KerasFile(manifest.source, manifest.origin.sha256),
        )
    content = read_model_file(path)
    contract = find_contract(content, path)
    description = contract or describe_foreign(path, content, feeding)
    is_known = contract is not None and contract.origin.name in SHIPPED
    original = KerasFile(description.origin.name, description.origin.sha256) if is_known else None
    return CandidateSource((Candidate(path, description, hashlib.sha256(content).hexdigest()),), original=original)


def find_original(sources: tuple[CandidateSource, ...], baseline: str | None) -> tuple[KerasFile | None, str | None]:
    """Return the Keras model that ratios refer to, or a note on why there is none.

    Args:
        sources: the first with a known original gives it, if that is unchanged.
        baseline: the file or shipped name that the user chose instead.

    Raises:
        ModelError: there is no such baseline.
    """
    if baseline is not None:
        return _keras_file(find_model_file(baseline)), None
    original = next((source.original for source in sources if source.original is not None), None)
    if original is None:
        return None, "the original Keras model is not known for single files; name it with --baseline"
    try:
        model = _keras_file(find_model_file(original.source))
    except EdgecnnError:
        return None, f"the original Keras model {original.source} is not here any more; name it with --baseline"
    if model.sha256 != original.sha256:
        return None, (
            f"{original.source} is not the Keras model that the artifacts were made from any more; "
            "name that with --baseline"
        )
    return model, None


def _keras_file(path: Path) -> KerasFile:
    return KerasFile(str(path), sha256_folder(path) if path.is_dir() else sha256_file(path))
