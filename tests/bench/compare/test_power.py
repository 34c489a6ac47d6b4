"""How often a comparison raises a false alarm, and how often it finds a slowdown: from simulated runs.

The noise is log-normal. A run has a machine of its own speed, which drifts from round to round, more in some processes
than in others; every process of a case has its luck with memory; and every round has noise of its own.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest

from edgecnn.bench.compare.latency import CaseInRun, LatencyOutcome, latency_change
from edgecnn.bench.compare.tolerance import Tolerance
from edgecnn.bench.noise import noise_floor
from edgecnn.bench.summary import round_medians
from edgecnn.intervals import bootstrap_ratio
from tests.fakes.runs import Latencies, Made, raw

pytestmark = pytest.mark.slow

PAIRS = 200
PROCESSES, ROUNDS = 3, 10


@dataclass(frozen=True)
class Noise:
    """Standard deviations of logarithms."""

    luck: float
    rounds: float
    machine: float = 0.02
    drift: float = 0.01


STILL = Noise(luck=0.005, rounds=0.01)
QUIET = Noise(luck=0.01, rounds=0.02)
NOISY = Noise(luck=0.02, rounds=0.03)
VERY_NOISY = Noise(luck=0.05, rounds=0.03)


def simulated(noise: Noise, generator: np.random.Generator, slowdown: float) -> CaseInRun:
    """Return a case in one run."""
    machine = generator.normal(0, noise.machine) + generator.normal(0, noise.drift, (PROCESSES, ROUNDS)).cumsum(axis=1)

    def latencies(seconds: float) -> Latencies:
        luck = generator.normal(0, noise.luck, (PROCESSES, 1))
        return seconds * np.exp(machine + luck + generator.normal(0, noise.rounds, (PROCESSES, ROUNDS)))

    references = tuple(raw(Made("baseline", latencies(5e-4))) for _ in range(2))
    floor = noise_floor(bootstrap_ratio(round_medians(references[0]), round_medians(references[1])))
    return CaseInRun(raw(Made("case", slowdown * latencies(5e-5))), references, floor)


def shares(noise: Noise, slowdown: float) -> dict[LatencyOutcome, float]:
    """Return how often each thing is said of a case in many pairs of runs, of which the second is slowed down."""
    generator = np.random.default_rng(8)
    pairs = ((simulated(noise, generator, 1.0), simulated(noise, generator, slowdown)) for _ in range(PAIRS))
    counts = Counter(latency_change(was, now, Tolerance()).outcome for was, now in pairs)
    return {outcome: counts[outcome] / PAIRS for outcome in LatencyOutcome}


@pytest.mark.parametrize(
    ("noise", "slowdown", "most"),
    [(QUIET, 1.01, 0.0), (NOISY, 1.0, 0.01), (NOISY, 1.01, 0.01), (VERY_NOISY, 1.0, 0.02)],
    ids=["quiet, 1 %", "noisy, nothing", "noisy, 1 %", "very noisy, nothing"],
)
def test_nothing_and_1_percent_are_seldom_called_slower(noise: Noise, slowdown: float, most: float) -> None:
    assert shares(noise, slowdown)[LatencyOutcome.SLOWER] <= most


@pytest.mark.parametrize(("noise", "least"), [(QUIET, 0.98), (NOISY, 0.9)], ids=["quiet", "noisy"])
def test_a_slowdown_of_15_percent_is_found(noise: Noise, least: float) -> None:
    assert shares(noise, 1.15)[LatencyOutcome.SLOWER] >= least


def test_on_a_still_machine_the_same_is_shown_to_be_the_same() -> None:
    assert shares(STILL, 1.0)[LatencyOutcome.NOT_SLOWER] >= 0.95
