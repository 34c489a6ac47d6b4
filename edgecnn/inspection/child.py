"""Parsing untrusted files in a separate process: they may make C++ parsers crash, hang or exhaust memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from edgecnn.errors import ArtifactError, first_line
from edgecnn.isolated.child import call
from edgecnn.isolated.failure import ChildError, Ending
from edgecnn.isolated.messages import Answer, Request

TIMEOUT_S = 120
BASE_MEMORY_BYTES = 2**30
"""Limit of the address space; the libraries and a small model take a fifth of it."""
MEMORY_PER_FILE_BYTE = 8

_Found = TypeVar("_Found")


def parse_in_child(target: str, request: Request[Answer], path: Path) -> Answer:
    """Return what the parser behind `target` (see `edgecnn.isolated`) finds in the file that `request` is about.

    Raises:
        ArtifactError: it refused the file, crashed, or took too long; the message is a clause that says why.
    """
    memory = BASE_MEMORY_BYTES + MEMORY_PER_FILE_BYTE * path.stat().st_size
    threads = {"OPENBLAS_NUM_THREADS": "1"}  # NumPy's threads take address space, one for each core
    try:
        return call(target, request, timeout=TIMEOUT_S, memory_bytes=memory, environment=threads)
    except ChildError as error:
        if error.ending is Ending.MEMORY:
            raise ArtifactError("reading it takes far more memory than its size suggests") from error
        if error.ending is Ending.TIMEOUT:
            raise ArtifactError(f"nothing came of reading it for {TIMEOUT_S} seconds") from error
        raise ArtifactError(error.describe("its parser")) from error


def parse(find: Callable[[Path], _Found], path: str) -> _Found:
    """Return what `find` finds in a file; called in the child. Raises `ArtifactError` whatever a parser raises."""
    try:
        return find(Path(path))
    except MemoryError:
        raise
    except Exception as error:
        raise ArtifactError(first_line(error)) from error
