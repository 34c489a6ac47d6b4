"""Long output: passed on in time where it is piped, with a line on the terminal that says how far it is."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from edgecnn.text import one_line

if TYPE_CHECKING:
    from edgecnn.answers import Answers, Streams, Write

_EVERY_SECONDS = 0.5
_CLEAR_LINE = "\r\x1b[K"


@contextlib.contextmanager
def ticking(streams: Streams, write: Write) -> Iterator[tuple[Write, Callable[[Exception], None]]]:
    """Yield `write`, which now also flushes the output twice a second, and a function that writes an error in a line.

    Where errors go to a terminal and the output does not, the terminal shows how many pictures are done.
    """
    output, errors = streams.output, streams.errors
    shows = errors.isatty() and not output.isatty()
    begin = time.monotonic()
    due, count = begin + _EVERY_SECONDS, 0

    def write_and_tick(path: str, answers: Answers) -> None:
        nonlocal due, count
        write(path, answers)
        count += 1
        now = time.monotonic()
        if now >= due:
            due = now + _EVERY_SECONDS
            output.flush()
            if shows:
                errors.write(f"{_CLEAR_LINE}{count:,} pictures, {count / (now - begin):,.0f} a second")
                errors.flush()

    def write_error(error: Exception) -> None:
        errors.write(f"{_CLEAR_LINE if shows else ''}edgecnn: {one_line(str(error))}\n")

    try:
        yield write_and_tick, write_error
    finally:
        if shows:
            errors.write(_CLEAR_LINE)
            errors.flush()
