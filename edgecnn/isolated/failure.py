"""How a child process failed."""

from __future__ import annotations

import enum
import signal


class Ending(enum.Enum):
    """What kept a child from answering.

    NOT_STARTED: the interpreter could not be started.
    SIGNAL: a signal ended it: a crash, an abort, or the kernel when memory is used up.
    STATUS: it ended by itself without an answer.
    TIMEOUT: it was silent for too long, and was ended.
    GARBAGE: it wrote something that is no message, or too long a one, and was ended.
    MEMORY: it met its limit on memory.
    EXCEPTION: it raised an exception other than an `EdgecnnError`.
    """

    NOT_STARTED = "not started"
    SIGNAL = "signal"
    STATUS = "status"
    TIMEOUT = "timeout"
    GARBAGE = "garbage"
    MEMORY = "memory"
    EXCEPTION = "exception"


class ChildError(Exception):
    """A child process did not answer.

    Callers turn it into an `EdgecnnError` that says what the child was for.

    Attributes:
        ending: how it failed.
        reason: what happened, as a clause that follows "the process": "was ended by SIGSEGV".
        signal: the name of the signal that ended it; None if none did.
        step: the step that it reported last; empty if it reported none.
        log: the end of what it and the libraries in it wrote to stdout and stderr.
    """

    def __init__(
        self, ending: Ending, reason: str, *, signal: str | None = None, step: str = "", log: str = ""
    ) -> None:
        super().__init__(ending, reason)
        self.ending, self.reason, self.signal, self.step, self.log = ending, reason, signal, step, log

    @property
    def is_crash(self) -> bool:
        """Whether code in it ended it, by a crash, an abort or an exit; SIGKILL comes from outside."""
        return self.ending is Ending.STATUS or (self.ending is Ending.SIGNAL and self.signal != "SIGKILL")

    @property
    def last_line(self) -> str:
        """The last line that the child wrote to stdout or stderr; empty if it wrote nothing."""
        lines = self.log.strip().splitlines()
        return lines[-1].strip() if lines else ""

    def describe(self, subject: str = "the process") -> str:
        """Return the failure in one line that begins with `subject`, what the child was: "the worker"."""
        step = f" in the step {self.step!r}" if self.step else ""
        ended_itself = self.ending in (Ending.SIGNAL, Ending.STATUS)
        quote = f": {self.last_line}" if ended_itself and self.last_line else ""
        return f"{subject} {self.reason}{step}{quote}"

    def __str__(self) -> str:
        return self.describe()


def signal_name(number: int) -> str:
    """Return the name of a signal: "SIGSEGV", or "signal 99" for one without a name."""
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
