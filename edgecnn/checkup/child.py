"""Running trials in a separate process, so that an illegal instruction becomes a message, not a crash."""

from __future__ import annotations

from dataclasses import dataclass

from edgecnn.checkup.trial import TRIALS, TrialRequest
from edgecnn.isolated.child import Child
from edgecnn.isolated.failure import ChildError, Ending

TIMEOUT_S = 120.0
"""Seconds for one trial; importing TensorFlow from an SD card takes half a minute."""

_SIGNALS = {
    "SIGILL": "illegal instruction (SIGILL)",
    "SIGSEGV": "crashed (SIGSEGV)",
    "SIGBUS": "crashed (SIGBUS)",
    "SIGKILL": "killed (SIGKILL), as Linux does when memory runs out",
}


@dataclass(frozen=True, slots=True)
class TrialAnswers:
    """The answers to some trials.

    Attributes:
        answers: in the order of the trials: None, or what went wrong; fewer if the process ended early.
        trouble: how the process ended early; None if it did not.
    """

    answers: tuple[str | None, ...]
    trouble: str | None


def try_in_child(*trials: TrialRequest, timeout: float = TIMEOUT_S) -> TrialAnswers:
    """Return the answers to trials, which run in order in one process.

    Args:
        trials: of `edgecnn.checkup.trial`.
        timeout: seconds for each of them.
    """
    answers: list[str | None] = []
    try:
        with Child(TRIALS, timeout=timeout, environment={"TF_CPP_MIN_LOG_LEVEL": "3"}) as child:
            for trial in trials:
                answers.append(child.ask(trial))  # noqa: PERF401  # those before a crash are kept
    except ChildError as error:
        return TrialAnswers(tuple(answers), _trouble(error, timeout))
    return TrialAnswers(tuple(answers), None)


def _trouble(error: ChildError, timeout: float) -> str:
    if error.signal is not None:
        return _SIGNALS.get(error.signal, f"ended by {error.signal}")
    if error.ending is Ending.TIMEOUT:
        return f"no answer within {timeout:g} seconds"
    if error.ending is Ending.STATUS and error.last_line:
        return error.last_line
    return error.describe("this Python" if error.ending is Ending.NOT_STARTED else "the process")
