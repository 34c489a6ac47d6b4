"""A clock that only moves when somebody waits, and sources and a classifier that go by it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from edgecnn.errors import DataError, EdgecnnError
from edgecnn.task import Answer
from edgecnn.watch.classify import Seen
from edgecnn.watch.frame import Ended, Frame
from edgecnn.watch.loop import Sighting

BLACK = np.zeros((2, 2, 3), np.uint8)


@dataclass
class FakeClock:
    time: float = 0.0
    stop_at: float = float("inf")

    @property
    def stopped(self) -> bool:
        return self.time >= self.stop_at

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += max(seconds, 0.0)


@dataclass
class FakeCamera:
    """A source whose frames arrive at given times, as one that a thread reads would show them."""

    clock: FakeClock
    arrivals: list[float]
    seen: int = 0
    dropped: int = 0
    closed: bool = False
    lost: EdgecnnError | None = None

    def newest(self, timeout: float) -> Frame | None:
        come = [at for at in self.arrivals[self.seen :] if at <= self.clock.now() + 1e-9]
        if not come:
            rest = self.arrivals[self.seen :]
            if not rest:
                raise self.lost or Ended
            self.clock.sleep(min(timeout, rest[0] - self.clock.now()))
            come = [at for at in rest[:1] if at <= self.clock.now() + 1e-9]
        if not come:
            return None
        self.seen += len(come)
        self.dropped += len(come) - 1
        return Frame(BLACK, come[-1], self.seen)

    def close(self) -> bool:
        self.closed = True
        return True


@dataclass
class Noted:
    """An observer that keeps what it is told."""

    sightings: list[Sighting] = field(default_factory=list)
    idled: int = 0

    def see(self, sighting: Sighting) -> None:
        self.sightings.append(sighting)

    def idle(self) -> None:
        self.idled += 1

    @property
    def numbers(self) -> list[int]:
        return [one.frame.number for one in self.sightings]


def classifier(clock: FakeClock, seconds: float, label: str = "cat"):  # type: ignore[no-untyped-def]
    """Return what takes so long by the fake clock; a path is no picture for it."""

    def classify(frame: Frame) -> Seen:
        clock.sleep(seconds)
        if isinstance(frame.image, Path):
            raise DataError(f"{frame.image} is no picture")
        return Seen((Answer(label, 0.9),), 0.0, seconds)

    return classify
