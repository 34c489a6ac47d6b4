"""The figures of each case, derived from the raw samples of a result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgecnn.bench.case import Case
from edgecnn.bench.result import CaseResult, Raw, Result
from edgecnn.statistics import Interval, Values, median_ratio, paired_difference, wilson


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Of one case on the images of the run.

    Attributes:
        top1: share of right answers.
        difference: to the baseline's share, paired; None for the baseline itself or where it failed.
        agreement: share of images with the baseline's answer; None likewise.
    """

    top1: Interval
    difference: Interval | None
    agreement: float | None


@dataclass(frozen=True, slots=True)
class Latency:
    """Of single calls, in seconds.

    Attributes:
        speedup: how many times faster than the baseline, paired by rounds; None for the baseline itself.
    """

    p50: float
    p90: float
    p99: float
    mean: float
    samples: int
    speedup: Interval | None


@dataclass(frozen=True, slots=True)
class Summary:
    """All figures of one case.

    Attributes:
        throughput: images a second when all are classified in one call.
        accuracy: None where the images have no labels.
    """

    case: Case
    raw: Raw
    latency: Latency
    throughput: float
    accuracy: Accuracy | None


def summarise(result: Result) -> tuple[Summary, ...]:
    """Return the figures of each case that did not fail, in the order of the run."""
    baseline = next((one.raw for one in result.cases if one.case.is_baseline), None)
    return tuple(
        Summary(
            one.case,
            one.raw,
            _latency(one.raw, None if one.case.is_baseline else baseline),
            result.images.count / one.raw.classify_seconds,
            _accuracy(one, one.raw, baseline, result.images.labels),
        )
        for one in result.cases
        if one.raw is not None
    )


def round_medians(raw: Raw) -> Values:
    """Return the median duration of each round in nanoseconds, float64, (rounds,)."""
    return np.array([np.median(samples) for samples in raw.rounds_ns])


def _latency(raw: Raw, baseline: Raw | None) -> Latency:
    samples = np.concatenate([np.array(samples, np.float64) for samples in raw.rounds_ns]) / 1e9
    p50, p90, p99 = np.percentile(samples, [50, 90, 99])
    speedup = median_ratio(round_medians(baseline), round_medians(raw)) if baseline else None
    return Latency(float(p50), float(p90), float(p99), float(samples.mean()), len(samples), speedup)


def _accuracy(one: CaseResult, raw: Raw, baseline: Raw | None, labels: tuple[int, ...] | None) -> Accuracy | None:
    if labels is None:
        return None
    answers, truth = np.array(raw.answers), np.array(labels)
    right = answers == truth
    top1 = wilson(int(right.sum()), len(right))
    if one.case.is_baseline or baseline is None:
        return Accuracy(top1, None, None)
    reference = np.array(baseline.answers)
    return Accuracy(top1, paired_difference(right, reference == truth), float((answers == reference).mean()))
