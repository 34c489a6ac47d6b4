"""Deriving the times of operations from the times of truncated models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from edgecnn.intervals import Interval

_RESAMPLES = 200

Times = npt.NDArray[np.float64]


def attribute(loads: Sequence[Times], seed: int = 0) -> list[Interval]:
    """Return what each operation adds, with a percentile bootstrap interval over loads and their rounds.

    Args:
        loads: for each time that the models were loaded float64, (rounds, operations + 1), where column i is a model
            of the first i operations, and all columns of a row are measured one soon after the other.
        seed: of the resampling.

    Where in memory a model happens to be loaded changes its time by more than rounds differ, so loads are drawn first,
    then rounds of these. A longer model cannot take less time, so the medians are fitted by a sequence that never
    falls, and an operation is the step between two. Where noise is larger than a step, the step is 0 in many
    resamples, so the lower end of its interval is 0.

    Source of the interval: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13; Davison and
    Hinkley, "Bootstrap Methods and their Application" (1997), section 3.8, for levels.
    """
    generator = np.random.default_rng(seed)
    steps = np.array([_steps(_drawn(loads, generator)) for _ in range(_RESAMPLES)])
    lows, highs = np.percentile(steps, [2.5, 97.5], axis=0)
    return [
        Interval(float(value), float(min(low, value)), float(max(high, value)))
        for value, low, high in zip(_steps(loads), lows, highs, strict=True)
    ]


def never_falling(values: Times) -> Times:
    """Return the sequence that never falls and is closest to `values`, float64, (N,), in the sense of least squares.

    Source: the pool-adjacent-violators algorithm, Ayer et al., "An empirical distribution function for sampling with
    incomplete information", Annals of Mathematical Statistics 26 (1955).
    """
    blocks: list[tuple[float, int]] = []
    for value in values.tolist():
        mean, size = value, 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean, size = (mean * size + before * count) / (size + count), size + count
        blocks.append((mean, size))
    return np.repeat([mean for mean, _ in blocks], [size for _, size in blocks])


def _drawn(loads: Sequence[Times], generator: np.random.Generator) -> list[Times]:
    chosen = [loads[index] for index in generator.integers(0, len(loads), len(loads))]
    return [times[generator.integers(0, len(times), len(times))] for times in chosen]


def _steps(loads: Sequence[Times]) -> Times:
    medians = np.median([np.median(times, axis=0) for times in loads], axis=0)
    return np.diff(never_falling(np.asarray(medians, np.float64)))
