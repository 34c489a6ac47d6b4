"""Verifying that artifacts are intact and compute the same here as where they were made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edgecnn.artifact import open_folder
from edgecnn.errors import ArtifactError, EdgecnnError, GateError
from edgecnn.redirect import output_to
from edgecnn.runtime.golden import Deviation, compare_golden
from edgecnn.runtime.load import format_of, load
from edgecnn.runtime.lookup import find_backend


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of verifying one file.

    Attributes:
        file: the model file.
        backend: the runtime that ran it; "" if none did.
        deviation: of the scores on the golden images; None if there was an error.
        error: why the file could not be verified: it is damaged, or no runtime here runs it.
    """

    file: Path
    backend: str = ""
    deviation: Deviation | None = None
    error: EdgecnnError | None = None

    @property
    def holds(self) -> bool:
        """Whether the file is intact and all scores are within the tolerance of its precision."""
        return self.deviation is not None and self.deviation.is_tolerable


def find_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the files that paths name; a folder stands for the artifacts of its manifest that its gate accepted.

    Raises:
        ArtifactError: a folder has none, or does not match its manifest.
    """
    files: list[Path] = []
    for path in paths:
        inside = [artifact.path for artifact in open_folder(path).artifacts] if path.is_dir() else [path]
        if not inside:
            raise ArtifactError(f"{path} has no artifact that its gate accepted: there is nothing to verify")
        files += inside
    return tuple(files)


def verify(files: Iterable[Path], backend: str | None = None, threads: int = 1) -> Iterator[Verification]:
    """Yield the verification of each file: check its seal, and run it on its golden images.

    Args:
        files: `.tflite` and `.onnx` files made by `edgecnn export`.
        backend: a name that `edgecnn backends` lists; None is the first installed one that runs the file.
        threads: for one inference.
    """
    for file in files:
        try:
            with output_to():  # the runtimes announce themselves
                name = find_backend(format_of(file), backend).name
                deviation = compare_golden(load(file, threads, name))
        except EdgecnnError as error:
            yield Verification(file, error=error)
        else:
            yield Verification(file, name, deviation)


def check(verifications: Iterable[Verification]) -> None:
    """Raise unless all files pass.

    Raises:
        GateError: a file computes something else than where it was made.
        EdgecnnError: the last error, where files could not be verified.
    """
    failed = [verification for verification in verifications if not verification.holds]
    for verification in reversed(failed):
        if verification.error is not None:
            raise verification.error
    if failed:
        raise GateError(f"{failed[0].file} does not compute here what it computed where it was made")
