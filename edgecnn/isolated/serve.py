"""The program that a child process runs: it answers the requests on stdin, one after the other, until stdin ends.

Called as `python -P -m edgecnn.isolated.serve MODULE:FUNCTION PARENT MEMORY`: where the handlers are, the process id of
the parent, and the most bytes of address space, 0 for no limit. Answers have a file descriptor of their own, so that
what libraries print is no answer.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import IO, Any

from edgecnn.errors import EdgecnnError, first_line
from edgecnn.isolated.messages import (
    AnswerMessage,
    ErrorMessage,
    Handlers,
    Message,
    ProgressMessage,
    Request,
    message_line,
    read_request,
)

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serve until stdin ends."""
    target, parent, memory = sys.argv[1:]
    requests, messages = _divert()
    _die_with(int(parent))
    if int(memory):
        _limit_memory(int(memory))

    def say(message: Message) -> None:
        messages.write(message_line(message))
        messages.flush()

    def progress(what: str, done: float, total: float | None, detail: str = "") -> None:
        say(ProgressMessage(what, done, total, detail))

    module, _, function = target.partition(":")
    handlers: Handlers = getattr(importlib.import_module(module), function)(progress)
    kinds = {kind.__name__: kind for kind in handlers}
    for line in requests:
        request = read_request(line, kinds)
        say(_answer(handlers[type(request)], request))


def _answer(handler: Callable[[Any], Any], request: Request[Any]) -> Message:
    try:
        return AnswerMessage(handler(request))
    except EdgecnnError as error:
        return ErrorMessage(type(error).__name__, str(error))
    except MemoryError as error:
        return ErrorMessage(MemoryError.__name__, first_line(error))
    except Exception as error:  # libraries raise whatever they like
        traceback.print_exc()
        return ErrorMessage(type(error).__name__, first_line(error))


def _divert() -> tuple[IO[bytes], IO[bytes]]:
    """Return the pipes for requests and messages; stdin is empty from now on, and stdout goes where stderr goes."""
    requests, messages = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, messages


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when the parent dies, even of a signal that it cannot handle."""
    with contextlib.suppress(ImportError, AttributeError):  # a Python without ctypes, a system that is not Linux
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before
        os._exit(1)


def _limit_memory(size: int) -> None:
    import resource

    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))


if __name__ == "__main__":
    main()
