"""Progress of long-running work: a callback, so that the library never prints."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called as `progress(what, done, total)`.

    `what` names the step; there are few. `detail` may change with each call, such as the latest figure.
    `total` has the unit of `done`, and is None while it is unknown.
    """

    def __call__(self, what: str, done: float, total: float | None, detail: str = "") -> None:
        """Receive a progress report."""
        ...


def silent(what: str, done: float, total: float | None, detail: str = "") -> None:
    """Report nothing."""
