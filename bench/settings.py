"""The settings of a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Durations and repetitions, and what to measure besides the tight loop.

    Attributes:
        processes: number of passes; in each, every case has a new process.
        rounds: of each pass; in each, every case has one turn, in a new random order.
        min_samples, min_seconds: minimum number and time of single calls of each case over all passes.
        turn_warm_up: calls at the start of each turn that are not counted, because another case had the caches; no
            more than are counted.
        max_warm_up_seconds: how long a process may run until its latency is stable.
        fps: frames per second of the paced calls; None omits them.
        frames: paced calls of each process.
        stage_pictures: encoded pictures that each process takes from bytes to probabilities; 0 omits this.
        picture_size: width and height of these pictures, as from a camera.
        batches: images per call for throughput, besides all images one after another; empty omits them.
        references: whether the Keras model is also measured as a plain call and as `Model.predict`, in the first pass.
        mlperf_tiny: whether each artifact runs five windows of ten seconds as MLPerf Tiny requires.
        profile: whether to measure the time by operation.
        energy_seconds: how long each case runs under the meter, if there is one.
        wait_cool: whether to repeat a throttled pass after the machine has cooled down.
        seed: for the orders.
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
        """How long one request to a worker should take: a third of the timeout, as the machine may slow down."""
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
"""Settings that suffice to see a factor of two."""
