"""Findings of a check-up."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Level(enum.Enum):
    """How bad it is: PROBLEM keeps something from working, WARNING may disturb it."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact about this machine.

    Attributes:
        topic: "machine", "system", "heat", "memory", "disk", "camera", "runtime" or "artifact".
        what: a sentence.
        advice: what to do; "" where there is nothing to do.
    """

    topic: str
    level: Level
    what: str
    advice: str = ""
