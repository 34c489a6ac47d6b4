"""How a run is carried out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """How long and how often, and what is measured beside the tight loop.

    Attributes:
        processes: passes; in each, every case has a new process.
        rounds: of each pass; in each, every case has one turn, in an order drawn anew.
        min_samples, min_seconds: single calls of each case over all passes, at least so many and for so long.
        turn_warm_up: calls at the start of each turn that are not counted, because another case had the caches; no
            more than are counted.
        max_warm_up_seconds: how long a process may run until its latency is stable.
        fps: frames a second of the paced calls; None leaves them out.
        frames: paced calls of each process.
        stage_pictures: encoded pictures that each process takes from bytes to probabilities; 0 leaves that out.
        picture_size: width and height of these pictures, as a camera gives them.
        batches: images a call for throughput, beside all images one after the other; empty leaves them out.
        references: whether the Keras model is also measured as a plain call and as `Model.predict`, in the first pass.
        mlperf_tiny: whether each artifact runs five windows of ten seconds as MLPerf Tiny asks for.
        profile: whether time by operation is measured.
        energy_seconds: how long each case runs under the meter, where there is one.
        wait_cool: whether a pass that was throttled is made again when the machine has cooled down.
        seed: of the orders.
        timeout: seconds that one step of a case may take.
    """

    processes: int = 3
    rounds: int = 10
    min_samples: int = 90
    min_seconds: float = 0.6
    turn_warm_up: int = 10
    max_warm_up_seconds: float = 2.0
    fps: float | None = 30.0
    frames: int = 10
    stage_pictures: int = 16
    picture_size: tuple[int, ...] = (640, 480)
    batches: tuple[int, ...] = (1, 8, 64)
    references: bool = True
    mlperf_tiny: bool = False
    profile: bool = False
    energy_seconds: float = 2.0
    wait_cool: bool = False
    seed: int = 0
    timeout: float = 300.0

    @property
    def request_seconds(self) -> float:
        """How long one request to a worker should take: a third of the timeout, as the machine may become slower."""
        return self.timeout / 3


QUICK = Settings(
    processes=1,
    rounds=8,
    min_samples=24,
    min_seconds=0.15,
    max_warm_up_seconds=0.5,
    frames=5,
    stage_pictures=8,
    batches=(1, 64),
    references=False,
)
"""Enough to see a factor of two."""
