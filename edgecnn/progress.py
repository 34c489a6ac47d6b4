"""How long work reports where it stands: a callback, so that the library never prints."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float, float | None], None]
"""Called as `progress(what, done, total)`; `total` is None while it is unknown. Same unit for both numbers."""


def silent(what: str, done: float, total: float | None) -> None:
    """Report nothing."""
