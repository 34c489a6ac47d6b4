"""Long output: passed on in time where it is piped, with a line on the terminal that says how far it is."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TextIO

from edgecnn.text import one_line

if TYPE_CHECKING:
    from edgecnn.answers import Answers, Write

_EVERY_SECONDS = 0.5
_CLEAR_LINE = "\r\x1b[K"


@contextlib.contextmanager
def ticking(stream: TextIO, write: Write) -> Iterator[tuple[Write, Callable[[Exception], None]]]:
    """Yield `write`, which now also flushes `stream` twice a second, and a function that prints an error on stderr.

    Where stderr is a terminal and `stream` is none, the terminal shows how many pictures are done.
    """
    shows = sys.stderr.isatty() and not stream.isatty()
    begin = time.monotonic()
    due, count = begin + _EVERY_SECONDS, 0

    def write_and_tick(path: str, answers: Answers) -> None:
        nonlocal due, count
        write(path, answers)
        count += 1
        now = time.monotonic()
        if now >= due:
            due = now + _EVERY_SECONDS
            stream.flush()
            if shows:
                sys.stderr.write(f"{_CLEAR_LINE}{count:,} pictures, {count / (now - begin):,.0f} a second")
                sys.stderr.flush()

    def print_error(error: Exception) -> None:
        sys.stderr.write(f"{_CLEAR_LINE if shows else ''}edgecnn: {one_line(str(error))}\n")

    try:
        yield write_and_tick, print_error
    finally:
        if shows:
            sys.stderr.write(_CLEAR_LINE)
            sys.stderr.flush()
