"""The loop: wait for the time, take the newest frame, classify it, tell the observers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from edgecnn.errors import DataError
from edgecnn.watch.classify import Classify, Seen
from edgecnn.watch.clock import Clock
from edgecnn.watch.frame import Ended, Frame, Source

_IDLE_SECONDS = 0.1
"""Seconds between calls of the observers, and checks for the end, while no frame arrives."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many frames arrived, were classified, were replaced by newer ones, and were unreadable."""

    seen: int
    classified: int
    dropped: int
    failed: int


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One classified frame.

    Attributes:
        age_seconds: from the capture of the frame to the answer.
        counts: up to and including this frame.
    """

    frame: Frame
    seen: Seen
    age_seconds: float
    counts: Counts


class Observer(Protocol):
    """An observer of classified frames."""

    def see(self, sighting: Sighting) -> None:
        """Handle a classified frame; quickly, because the next one waits."""

    def idle(self) -> None:
        """Do periodic work; called when no frame has arrived for a moment."""


class Pace:
    """When the next frame is due: at most one per `period` seconds, on a grid while frames keep up."""

    def __init__(self, period: float, start: float) -> None:
        self.due = start
        self._period = period

    def took(self, now: float) -> None:
        """Record that a frame was used. After a delay of more than a period a new grid starts."""
        late = now - self.due >= self._period
        self.due = (now if late else self.due) + self._period


def watch(
    source: Source,
    classify: Classify,
    observers: Sequence[Observer],
    *,
    clock: Clock,
    report: Callable[[str], None],
    period: float = 0.0,
    count: int | None = None,
) -> Counts:
    """Return the counts after classifying frames until the source ends, the clock is stopped, or `count` is reached.

    Args:
        report: gets a line for each unreadable picture.
        period: least seconds between frames; the source drops those in between.
        count: of classified frames; None for no limit.

    Raises:
        DeviceError: the camera cannot be opened.
        DataError: the video cannot be read.
    """
    pace = Pace(period, clock.now())
    classified = failed = 0
    while not clock.stopped and (count is None or classified < count):
        if pace.due > clock.now():
            clock.sleep(min(pace.due - clock.now(), _IDLE_SECONDS))
            if pace.due > clock.now():
                _idle(observers)
                continue
        try:
            frame = source.newest(_IDLE_SECONDS)
        except Ended:
            break
        if frame is None:
            _idle(observers)
            continue
        pace.took(clock.now())
        try:
            seen = classify(frame)
        except DataError as error:
            failed += 1
            report(str(error))
            continue
        classified += 1
        counts = Counts(source.seen, classified, source.dropped, failed)
        sighting = Sighting(frame, seen, clock.now() - frame.captured, counts)
        for observer in observers:
            observer.see(sighting)
    return Counts(source.seen, classified, source.dropped, failed)


def _idle(observers: Sequence[Observer]) -> None:
    for observer in observers:
        observer.idle()
