"""What counts as a regression."""

from __future__ import annotations

from dataclasses import dataclass

from edgecnn.bench.noise import ALIKE

MAX_DROP_POINTS = 0.5
"""Points of top-1: half of what an export may lose by default, because two versions of one file are compared."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How much worse NEW may be than OLD.

    Attributes:
        slower: share of a latency; the default is what the verdict of a run calls alike.
        drop: points of top-1.
        bigger: share of a file's size; None where it does not matter.
    """

    slower: float = ALIKE
    drop: float = MAX_DROP_POINTS
    bigger: float | None = None

    @property
    def beyond_doubt(self) -> float:
        """What the whole interval of a change of latency must exceed where a run cannot be relied on: twice."""
        return 2 * self.slower
