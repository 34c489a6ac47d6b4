"""Timing calls in turns, so that drift of the machine affects all of them equally."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from edgecnn.runtime.timing import time_calls

Call = Callable[[int], object]
"""Takes the number of the round, so that it can choose an image by it."""

_TURN_SECONDS = 0.001
_FEWEST_CALLS, _MOST_CALLS = 4, 30
_FEWEST_ROUNDS, _MOST_ROUNDS = 5, 60


def time_in_turns(calls: Sequence[Call], seconds: float, seed: int = 0) -> npt.NDArray[np.float64]:
    """Return the duration of each call in each round, its fastest of a turn, nanoseconds, float64, (rounds, calls).

    In a round every call has one turn, in random order. A turn is about a millisecond of calls, at least four, of
    which the first only brings weights and code back into the caches. The fastest counts, because what interrupts a
    call has nothing to do with the model, and would hide small differences between models. Rounds go on for about
    `seconds`; there are at least five, however long they take.
    """
    chosen = random.Random(seed)
    counts = [_calls_of_a_turn(call) for call in calls]
    rounds: list[list[float]] = []
    end = time.perf_counter() + seconds
    while len(rounds) < _FEWEST_ROUNDS or (len(rounds) < _MOST_ROUNDS and time.perf_counter() < end):
        fastest = [0.0] * len(calls)
        for index in chosen.sample(range(len(calls)), len(calls)):
            samples = time_calls(calls[index], [len(rounds)] * counts[index])
            fastest[index] = min(samples[1:])
        rounds.append(fastest)
    return np.array(rounds)


def _calls_of_a_turn(call: Call) -> int:
    """Return how often to call in a turn, after a warm-up."""
    samples = time_calls(call, [0] * _FEWEST_CALLS)
    return max(_FEWEST_CALLS, min(_MOST_CALLS, round(_TURN_SECONDS * 1e9 / max(1, min(samples)))))
