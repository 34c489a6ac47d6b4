"""The range that each method takes from a known distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edgecnn.export.observe import BINS, Histogram, Observed
from edgecnn.export.ranges import PERCENTILE, choose_ranges
from edgecnn.spec import Method

STEPS = 255
HISTOGRAM_METHODS = (Method.PERCENTILE, Method.ENTROPY, Method.MSE)


def observed(values: Any) -> Observed:
    """Return what would be observed of one tensor that holds these values, all on one image."""
    low, high = float(values.min()), float(values.max())
    counts, _ = np.histogram(values, bins=BINS, range=(low, high))
    histogram = Histogram(low, high, counts.astype(np.int64), int((values == 0).sum()))
    return Observed({"t": np.array([low], np.float32)}, {"t": np.array([high], np.float32)}, {"t": histogram})


def chosen(values: Any, method: Method) -> tuple[float, float]:
    return choose_ranges(observed(values), method)["t"]


def evenly(low: float, high: float, count: int = 1_000_000) -> Any:
    return np.linspace(low, high, count)


def test_min_max_keeps_an_outlier_in_a_million_and_0() -> None:
    assert chosen(np.append(evenly(0.5, 1), 20.0), Method.MIN_MAX) == (0.0, 20.0)
    assert chosen(np.append(evenly(-1, -0.5), -20.0), Method.MIN_MAX) == (-20.0, 0.0)


def test_percentile_cuts_an_outlier_in_a_million_off() -> None:
    low, high = chosen(np.append(evenly(-1, 1), [-20.0, 20.0]), Method.PERCENTILE)
    assert high == pytest.approx(1, abs=2 * 40 / BINS)
    assert low == pytest.approx(-1, abs=2 * 40 / BINS)


def test_percentile_keeps_the_middle_share_of_even_values() -> None:
    low, high = chosen(evenly(-1, 1), Method.PERCENTILE)
    cut = 2 * (1 - PERCENTILE / 100) / 2
    assert (low, high) == pytest.approx((-1 + cut, 1 - cut), abs=2 / BINS)


def test_mse_puts_the_edge_where_rounding_costs_as_much_as_clipping() -> None:
    """n values in 0..1 and one at 20: n h^2/(12 * 255^2) + (20 - h)^2 is least at h = 20 / (1 + n/(12 * 255^2))."""
    count = 1_000_000
    _, high = chosen(np.append(evenly(0, 1, count), 20.0), Method.MSE)
    expected = 20 / (1 + count / (12 * STEPS**2))
    assert expected == pytest.approx(8.766, abs=0.001)
    assert high == pytest.approx(expected, abs=20 / 256)


def test_mse_takes_zeros_for_exact() -> None:
    """Behind a ReLU most values are 0: they may not make it look cheap to clip the others."""
    values = np.append(np.zeros(10_000_000), np.append(evenly(0, 1, 1000), 20.0))
    assert chosen(values, Method.MSE)[1] == pytest.approx(20 / (1 + 1000 / (12 * STEPS**2)), abs=20 / 256)


def test_mse_clips_each_side_by_itself() -> None:
    low, high = chosen(np.append(evenly(-1, 1, 10_000_000), 20.0), Method.MSE)
    assert low == pytest.approx(-1, abs=0.02)
    assert high < 10


def test_entropy_cuts_an_outlier_in_a_million_off_and_keeps_even_values_whole() -> None:
    values = np.append(evenly(0, 1), 4.0)
    assert chosen(values, Method.ENTROPY)[1] == pytest.approx(1, abs=0.05)
    assert chosen(evenly(0, 1), Method.ENTROPY)[1] == pytest.approx(1, abs=0.01)


def test_entropy_is_symmetric_where_values_have_both_signs() -> None:
    low, high = chosen(np.append(np.random.default_rng(0).normal(size=200_000), [-40.0, 40.0]), Method.ENTROPY)
    assert low == pytest.approx(-high)
    assert 2.5 < high < 8


@pytest.mark.parametrize("method", HISTOGRAM_METHODS, ids=lambda method: method.value)
def test_a_tensor_that_never_changes_still_has_a_range(method: Method) -> None:
    low, high = -1e-6, 0.0
    counts = np.zeros(BINS, np.int64)
    counts[0] = 5
    histogram = Histogram(low, high, counts, 0)
    least = np.array([low], np.float32)
    found = choose_ranges(Observed({"t": least}, {"t": least}, {"t": histogram}), method)["t"]
    assert found[0] <= 0 <= found[1]


def test_a_tensor_that_is_always_0_gets_a_range_that_runtimes_take() -> None:
    zero = np.zeros(3, np.float32)
    assert choose_ranges(Observed({"t": zero}, {"t": zero}, {}), Method.MIN_MAX) == {"t": (0.0, 1.0)}


def test_a_tensor_of_very_small_values_keeps_its_range_and_one_of_zeros_gets_a_step() -> None:
    """Untrained deep networks shrink their activations; a wider range would overflow LiteRT's multipliers."""
    low = {"small": np.array([0.0], np.float32), "zero": np.array([0.0], np.float32)}
    high = {"small": np.array([2e-10], np.float32), "zero": np.array([0.0], np.float32)}
    found = choose_ranges(Observed(low, high, {}), Method.MIN_MAX)
    assert found["small"][0] == 0.0
    assert found["small"][1] == pytest.approx(2e-10)
    assert found["zero"] == (0.0, 1.0)
