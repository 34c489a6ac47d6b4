"""How times of models that end early become times of operations, with exact numbers."""

from __future__ import annotations

import numpy as np
import pytest

from edgecnn.intervals import Interval
from edgecnn.profiling.attribute import attribute, never_falling
from edgecnn.profiling.litert import _parts
from edgecnn.profiling.result import TimedOperation
from edgecnn.profiling.turns import time_in_turns


@pytest.mark.parametrize(
    ("given", "wanted"),
    [([1, 2, 4], [1, 2, 4]), ([1, 3, 2, 4], [1, 2.5, 2.5, 4]), ([4, 3, 2], [3, 3, 3]), ([1, 5, 5, 2], [1, 4, 4, 4])],
    ids=str,
)
def test_what_falls_is_pooled_with_what_stands_before_it(given: list[float], wanted: list[float]) -> None:
    assert never_falling(np.array(given, np.float64)).tolist() == wanted


def noisy(medians: list[float], spread: float) -> list[np.ndarray]:
    drawn = np.random.default_rng(0)
    return [np.array(medians) + drawn.normal(0, spread, (20, len(medians))) for _ in range(4)]


def test_operations_are_the_steps_and_sum_up_to_the_whole() -> None:
    steps = attribute([np.array([[1.0, 11.0, 11.5, 41.5]] * 5)] * 2)
    assert [step.value for step in steps] == [10.0, 0.5, 30.0]
    assert all((step.low, step.high) == (step.value, step.value) for step in steps)


def test_a_step_within_the_noise_is_not_told_from_nothing_and_a_large_one_is() -> None:
    small, large = attribute(noisy([100, 100.02, 150], spread=2))
    assert small.low == 0
    assert large.low > 45
    assert not TimedOperation("a", "ADD", "a", small, 0, 0, "float").is_distinct
    assert TimedOperation("b", "CONV_2D", "b", large, 100, 1, "float").is_distinct


def test_where_models_lie_in_memory_is_part_of_the_interval() -> None:
    """Rounds of one load agree with each other, and loads do not."""
    loads = [np.array([[10.0, 20.0 + luck]] * 10) for luck in (-1, 0, 1, 2)]
    (step,) = attribute(loads)
    assert step.low < 10
    assert step.high > 11


def test_an_operation_that_is_not_told_from_nothing_has_no_rate() -> None:
    one = TimedOperation("a", "CONV_2D", "a", Interval(5.0, 0.0, 9.0), 1000, 10, "float")
    assert one.macs_per_second is None


def test_parts_follow_each_other_and_none_is_longer_than_allowed() -> None:
    assert _parts(10, 100) == [range(10)]
    assert _parts(10, 4) == [range(3), range(3, 7), range(7, 10)]
    assert _parts(3, 0) == [range(1), range(1, 2), range(2, 3)]
    assert max(len(part) for part in _parts(100, 10**6)) <= 24


def test_a_longer_call_takes_longer_turns_of_fewer_calls() -> None:
    counts = [0, 0]

    def work(index: int, amount: int) -> None:
        counts[index] += 1
        sum(range(amount))

    times = time_in_turns([lambda _: work(0, 10), lambda _: work(1, 100_000)], 0.05)
    assert times.shape[1] == 2
    assert len(times) >= 5
    assert (times[:, 1] > times[:, 0]).all()
    assert counts[0] > 3 * counts[1]
