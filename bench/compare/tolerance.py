"""What counts as a regression."""

from __future__ import annotations

from dataclasses import dataclass

from edgecnn.bench.noise import ALIKE

MAX_DROP_POINTS = 0.5
"""Points of top-1: half the default limit of an export, because two versions of one file are compared."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How much worse NEW may be than OLD.

    Attributes:
        slower: as a share of the latency; the default is the difference that a run's verdict ignores.
        drop: points of top-1.
        bigger: as a share of the file's size; None for no limit.
    """

    slower: float = ALIKE
    drop: float = MAX_DROP_POINTS
    bigger: float | None = None

    @property
    def beyond_doubt(self) -> float:
        """What the whole interval of a latency change must exceed if a run is unreliable: twice the limit."""
        return 2 * self.slower
