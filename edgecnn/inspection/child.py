"""Parsing what a stranger sent in a process of its own: C++ parsers may crash, hang or take all memory on it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

TIMEOUT_S = 120
BASE_MEMORY_BYTES = 2**30
"""Address space, of which the libraries and a small model take a fifth."""
MEMORY_PER_FILE_BYTE = 8


class ChildError(Exception):
    """The process could not answer; the message says why."""


def ask_child(module: str, path: Path) -> Any:
    """Return the JSON value that `module`, run as a program that calls `answer`, says about a file.

    Raises:
        ChildError: it refused the file, crashed, or took too long.
    """
    command = [sys.executable, "-P", "-m", module, str(path)]  # -P: nothing is imported from the user's folder
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # NumPy's threads take address space, one for each core
    try:
        ran = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False, env=environment)
    except subprocess.TimeoutExpired as error:
        raise ChildError(f"nothing came of reading it for {TIMEOUT_S} seconds") from error
    if ran.returncode < 0:
        raise ChildError(f"its parser crashed on it ({signal.Signals(-ran.returncode).name})")
    try:
        said = json.loads(ran.stdout)
    except ValueError as error:
        last_words = ran.stderr.decode(errors="replace").strip().splitlines()
        raise ChildError(last_words[-1] if last_words else f"its parser ended with {ran.returncode}") from error
    if said["problem"] is not None:
        raise ChildError(said["problem"])
    return said["answer"]


def answer(find: Callable[[Path], Any]) -> None:
    """Print what `find` returns for the file that the command line names, or the one line of its error, as JSON."""
    from edgecnn.errors import first_line

    path = Path(sys.argv[1])
    said = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a parser prints is not the answer
    _limit_memory(BASE_MEMORY_BYTES + MEMORY_PER_FILE_BYTE * path.stat().st_size)
    try:
        found = {"answer": find(path), "problem": None}
    except MemoryError:
        found = {"answer": None, "problem": "reading it takes far more memory than its size allows for"}
    except Exception as error:  # parsers raise whatever they meet
        found = {"answer": None, "problem": first_line(error)}
    with said:
        json.dump(found, said)


def _limit_memory(size: int) -> None:
    import resource

    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))
