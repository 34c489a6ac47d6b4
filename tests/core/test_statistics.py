"""The formulas against published values and exact cases."""

from __future__ import annotations

import numpy as np
import pytest

from edgecnn.statistics import median_ratio, paired_difference, wilson


def test_wilsons_interval_equals_published_values() -> None:
    """Newcombe, "Two-sided confidence intervals for the single proportion", Stat. Med. 17 (1998), table I."""
    found = wilson(81, 263)
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)
    found = wilson(15, 148)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0624, 0.1605)
    found = wilson(0, 20)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0, 0.1611)


def test_a_proportion_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        wilson(0, 0)


def test_a_paired_difference_counts_only_images_that_changed() -> None:
    right = np.array([True] * 90 + [False] * 10)
    baseline = np.array([True] * 88 + [False] * 12)
    found = paired_difference(right, baseline)
    assert found.value == pytest.approx(0.02)
    assert found.high - found.value == pytest.approx(1.96 * np.sqrt(0.02 - 0.02**2) / 10, rel=1e-3)


def test_the_same_answers_differ_by_exactly_nothing() -> None:
    right = np.array([True, False, True])
    found = paired_difference(right, right)
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_a_ratio_is_paired_by_rounds_so_that_a_drift_of_the_machine_cancels() -> None:
    drift = np.linspace(1.0, 3.0, 30)
    found = median_ratio(200.0 * drift, 100.0 * drift)
    assert (found.value, found.low, found.high) == pytest.approx((2.0, 2.0, 2.0))


def test_the_interval_of_a_ratio_holds_the_true_ratio_about_19_times_in_20() -> None:
    generator = np.random.default_rng(5)
    hits = 0
    for trial in range(200):
        numerators, denominators = generator.lognormal(0.3, 0.2, 30), generator.lognormal(0.0, 0.2, 30)
        found = median_ratio(numerators, denominators, seed=trial)
        hits += found.low <= np.exp(0.3) <= found.high
    assert 180 <= hits <= 199
