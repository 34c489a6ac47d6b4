"""One rule decides about every limit."""

from __future__ import annotations

import pytest

from edgecnn.intervals import Interval
from edgecnn.limits import QUANTITIES, LimitResult, Outcome, check_limit, decide
from edgecnn.schema import decode, encode


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        (0.1, 1.0, Outcome.HOLDS),
        (0.9, 1.1, Outcome.TOO_NOISY),
        (1.0, 1.1, Outcome.TOO_NOISY),
        (1.01, 1.1, Outcome.DOES_NOT_HOLD),
    ],
)
def test_the_whole_interval_decides(low: float, high: float, outcome: Outcome) -> None:
    assert decide(Interval((low + high) / 2, low, high), 1.0, Outcome.TOO_NOISY) is outcome


def test_what_is_not_known_is_neither_within_nor_beyond_its_limit() -> None:
    result = check_limit("memory", None, 4e7)
    assert (result.outcome, result.comparison) == (Outcome.UNKNOWN, "memory is not known here")


@pytest.mark.parametrize("figure", QUANTITIES)
def test_a_figure_is_shown_beside_its_limit_in_one_unit(figure: str) -> None:
    scale = QUANTITIES[figure].per_unit
    result = check_limit(figure, Interval(2 / scale, 1 / scale, 3 / scale), 4 / scale)
    numbers = [word.strip("(),") for word in result.comparison.split()]
    assert [float(word) for word in numbers if word.replace(".", "").isdecimal()] == [2, 1, 3, 4]


def test_a_result_keeps_its_name_on_disk_and_one_of_a_later_edgecnn_is_shown() -> None:
    result = LimitResult("arena", Outcome.HOLDS, 2.0, 1.0, 1.0, 1.0)
    assert encode(result)["what"] == "arena"
    assert decode(LimitResult, encode(result)).sentence == "holds: 1, limit 2"
