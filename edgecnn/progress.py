"""How long work reports where it stands: a callback, so that the library never prints."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called as `progress(what, done, total)`.

    `what` is the step, of which there are few; `detail` may change with each call, as the latest figure does.
    `total` is None while it is unknown, in the same unit as `done`.
    """

    def __call__(self, what: str, done: float, total: float | None, detail: str = "") -> None:
        """Take notice."""
        ...


def silent(what: str, done: float, total: float | None, detail: str = "") -> None:
    """Report nothing."""
