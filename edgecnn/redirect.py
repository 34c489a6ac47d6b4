"""Redirecting the output of converters and runtimes."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@contextlib.contextmanager
def output_to(log: Path | None = None) -> Iterator[None]:
    """Send stdout and stderr of this process to `log`, or discard them, while the block runs.

    TensorFlow prints from C++ to the file descriptors, so the descriptors are redirected, for all threads of the
    process. Output is appended to the log.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(descriptor) for descriptor in (1, 2)]
    try:
        with open(log or os.devnull, "ab") as file:  # noqa: PTH123  # pathlib costs start-up time
            for descriptor in (1, 2):
                os.dup2(file.fileno(), descriptor)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for descriptor, original in zip((1, 2), kept, strict=True):
            os.dup2(original, descriptor)
            os.close(original)
