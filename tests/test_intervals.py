"""The formulas against published values and exact cases."""

from __future__ import annotations

import numpy as np
import pytest

from edgecnn.intervals import (
    Interval,
    Values,
    bootstrap_ratio,
    for_few_processes,
    mcnemar,
    median_ratio,
    pair,
    quantiles,
    wilson,
)


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


def test_a_paired_difference_equals_agresti_and_mins() -> None:
    """Two gained, five lost, of 100: with half an image more in each cell, (2 - 5) / 102 ± 1.96 √(8/102 - …) / √102."""
    baseline = np.array([True] * 85 + [False] * 15)
    right = baseline.copy()
    right[:5] = False
    right[-2:] = True
    found = pair(right, baseline).difference
    centre = -3 / 102
    half = 1.959964 * np.sqrt(8 / 102 - centre**2) / np.sqrt(102)
    assert (found.value, found.low, found.high) == pytest.approx((-0.03, centre - half, centre + half), abs=1e-6)


def test_the_same_answers_leave_room_for_a_difference_that_shrinks_with_their_number() -> None:
    few, many = (pair(np.ones(count, bool), np.ones(count, bool)).difference for count in (10, 10_000))
    assert few.value == many.value == 0
    assert few.high == pytest.approx(1.959964 / 12, abs=1e-6)
    assert many.high == pytest.approx(1.959964 / 10_002, abs=1e-6)


def test_the_interval_of_a_paired_difference_holds_the_true_one_about_19_times_in_20() -> None:
    generator = np.random.default_rng(2)
    hits = 0
    for _ in range(400):
        baseline = generator.random(500) < 0.85
        right = np.where(baseline, generator.random(500) > 0.04, generator.random(500) < 0.1)
        found = pair(right, baseline).difference
        hits += found.low <= 0.15 * 0.1 - 0.85 * 0.04 <= found.high
    assert 366 <= hits <= 394


@pytest.mark.parametrize(
    ("lost", "gained", "p"),
    [(0, 0, 1.0), (1, 1, 1.0), (6, 0, 2 / 2**6), (8, 2, 2 * (1 + 10 + 45) / 2**10), (2, 8, 2 * 56 / 2**10)],
)
def test_mcnemars_p_is_the_exact_binomial_one(lost: int, gained: int, p: float) -> None:
    assert mcnemar(lost, gained) == pytest.approx(p)


def test_a_ratio_is_paired_by_rounds_so_that_a_drift_of_the_machine_cancels() -> None:
    drift = np.linspace(1.0, 3.0, 30)
    found = median_ratio((200.0 * drift,), (100.0 * drift,))
    assert (found.value, found.low, found.high) == pytest.approx((2.0, 2.0, 2.0))


def test_the_interval_of_a_ratio_holds_the_true_ratio_about_19_times_in_20() -> None:
    generator = np.random.default_rng(5)
    hits = 0
    for trial in range(200):
        numerators, denominators = generator.lognormal(0.3, 0.2, 30), generator.lognormal(0.0, 0.2, 30)
        found = median_ratio((numerators,), (denominators,), seed=trial)
        hits += found.low <= np.exp(0.3) <= found.high
    assert 180 <= hits <= 199


def test_a_bootstrapped_ratio_spans_the_luck_of_processes() -> None:
    """Rounds of one process agree with each other; the processes do not."""
    ones = np.ones(10)
    found = bootstrap_ratio((1.0 * ones, 1.1 * ones, 1.3 * ones), (ones, ones, ones))
    assert (found.value, found.low, found.high) == pytest.approx((1.1, 1.0, 1.3))


def test_an_interval_from_few_processes_is_students_where_that_is_wider() -> None:
    """Logarithms ln 1.1 and ± 0.1 around it: s = 0.1, t = 4.303, and half the width is t s / √3."""
    processes = 1.1 * np.exp([-0.1, 0.0, 0.1])
    found = for_few_processes(Interval(1.1, 1.0, 1.9), processes)
    assert (found.value, found.low, found.high) == pytest.approx((1.1, 1.1 * np.exp(-0.24843), 1.9), rel=1e-4)
    assert for_few_processes(Interval(1.1, 1.0, 1.2), processes[:1]) == Interval(1.1, 1.0, 1.2)


@pytest.mark.parametrize(("processes", "luck"), [(2, 0.01), (3, 0.01), (3, 0.03), (5, 0.03), (15, 0.03)])
def test_a_ratios_interval_holds_the_true_one_however_few_the_processes(processes: int, luck: float) -> None:
    """The bootstrap alone does so in 80 % where three processes differ by 3 % and their rounds by 2 %."""
    generator = np.random.default_rng(11)

    def latencies(median: float) -> tuple[Values, ...]:
        lucky = generator.normal(np.log(median), luck, processes)
        return tuple(np.exp(generator.normal(centre, 0.02, 10)) for centre in lucky)

    hits = 0
    for trial in range(200):
        found = median_ratio(latencies(2.0), latencies(1.0), seed=trial)
        hits += found.low <= 2.0 <= found.high
    assert hits >= 184


def test_a_ratio_leaves_out_what_one_of_both_lacks() -> None:
    found = median_ratio((np.full(5, 2.0), np.full(5, 2.0)), (np.full(3, 1.0),))
    assert (found.value, found.low, found.high) == pytest.approx((2.0, 2.0, 2.0))


def test_quantiles_are_those_of_all_samples_and_their_intervals_hold_the_true_ones() -> None:
    generator = np.random.default_rng(7)
    hits = 0
    for trial in range(100):
        rounds = tuple(tuple(generator.exponential(1.0, 40) for _ in range(8)) for _ in range(3))
        median, p90 = quantiles(rounds, (0.5, 0.9), seed=trial)
        samples = np.concatenate([samples for process in rounds for samples in process])
        assert (median.value, p90.value) == pytest.approx(tuple(np.quantile(samples, (0.5, 0.9))))
        hits += int(median.low <= np.log(2) <= median.high) + int(p90.low <= np.log(10) <= p90.high)
    assert hits >= 180


def test_a_bootstrapped_difference_agrees_with_walds_formula_where_images_are_many() -> None:
    baseline = np.array([True] * 8500 + [False] * 1500)
    right = baseline.copy()
    right[:300] = False
    right[-200:] = True
    found = pair(right, baseline).bootstrap
    half = 1.96 * np.sqrt(500 - 100**2 / 10_000) / 10_000
    assert found.value == pytest.approx(-0.01)
    assert (found.low, found.high) == pytest.approx((-0.01 - half, -0.01 + half), abs=4e-4)


def test_the_interval_of_a_quantile_holds_it_even_in_few_samples() -> None:
    """The quantile of all samples lies between two of them; that of a resample is one of them."""
    for seed in range(200):
        rounds = tuple(np.random.default_rng(seed).exponential(1.0, (3, 4)))
        for found in quantiles((rounds,), (0.5, 0.9)):
            assert found.low <= found.value <= found.high
