"""Which file to deploy here, in plain sentences that follow from the figures."""

from __future__ import annotations

from edgecnn.bench.result import Result
from edgecnn.bench.summary import Summary, round_medians, summarise
from edgecnn.gate import MAX_DROP_POINTS
from edgecnn.statistics import Interval, median_ratio


def verdict(result: Result, max_drop: float = MAX_DROP_POINTS) -> tuple[str, ...]:
    """Return sentences: what to deploy and why, and whether int8 pays here.

    Only files that lose at most `max_drop` points to the baseline, with 95 % confidence, are recommended. Of these
    it is the fastest; where two cannot be told apart in latency, the smaller one. Where no accuracy could be
    compared, latency decides alone, and a sentence says so.
    """
    summaries = summarise(result)
    artifacts = [one for one in summaries if one.case.backend != "keras"]
    if not artifacts:
        return ("No artifact could be measured.",)
    drops = _largest_drops(summaries)
    good = [one for one in artifacts if not drops or drops.get(one.case.name, max_drop + 1) <= max_drop]
    if not good:
        return (
            f"None of the {len(artifacts)} artifacts is shown to lose at most {max_drop:g} points to the baseline: "
            f"they lose more, or {result.images.count:,} images are too few to tell. Deploy none on this evidence.",
        )
    chosen = _choose(good)
    sentences = [f"Deploy {chosen.case.name}: {_why(chosen, summaries)}."]
    if not drops:
        sentences.append("Its accuracy could not be compared with the original model's: this rests on latency alone.")
    if (int8 := _int8_sentence(good)) is not None:
        sentences.append(int8)
    if result.machine.emulated:
        sentences.append("This processor is emulated: no latency here is a real device's.")
    return tuple(sentences)


def _largest_drops(summaries: tuple[Summary, ...]) -> dict[str, float]:
    """Return the most points of top-1 that each case may have lost, the end of its 95 % interval.

    Empty where the images have no labels, or the baseline failed or is no float32 model: nothing is known then.
    """
    baseline = next((one for one in summaries if one.case.is_baseline), None)
    if baseline is None or baseline.accuracy is None or baseline.case.precision != "float32":
        return {}
    drops = {baseline.case.name: 0.0}
    for one in summaries:
        if one.accuracy is not None and one.accuracy.difference is not None:
            drops[one.case.name] = -100 * one.accuracy.difference.low
    return drops


def _choose(good: list[Summary]) -> Summary:
    fastest = min(good, key=lambda one: one.latency.p50)
    equal = [one for one in good if one is fastest or _is_equal(one, fastest)]
    return min(equal, key=lambda one: (one.raw.size_bytes, one.latency.p50))


def _is_equal(one: Summary, other: Summary) -> bool:
    """Whether the latencies cannot be told apart: 1 is inside the interval of their paired ratio."""
    ratio = median_ratio(round_medians(one.raw), round_medians(other.raw))
    return ratio.low <= 1 <= ratio.high


def _why(chosen: Summary, summaries: tuple[Summary, ...]) -> str:
    baseline = next((one for one in summaries if one.case.is_baseline), None)
    reasons = [f"median {chosen.latency.p50 * 1e6:,.0f} µs an image"]
    if baseline is not None and chosen.latency.speedup is not None:
        reasons.append(f"{_times(chosen.latency.speedup)} than {baseline.case.name}")
    if chosen.accuracy is not None:
        reasons.append(f"top-1 {chosen.accuracy.top1.value:.1%}")
        if chosen.accuracy.difference is not None:
            share = chosen.accuracy.difference
            points, low, high = (100 * value for value in (share.value, share.low, share.high))
            reasons.append(f"{points:+.2f} points to the baseline ({low:+.2f} to {high:+.2f})")
    reasons.append(f"{chosen.raw.size_bytes / 1e6:.2f} MB")
    return ", ".join(reasons)


def _int8_sentence(good: list[Summary]) -> str | None:
    """Say how the fastest int8 file compares with the fastest float32 file."""
    fastest = {
        precision: min(
            (one for one in good if one.case.precision == precision), key=lambda one: one.latency.p50, default=None
        )
        for precision in ("int8", "float32")
    }
    int8, float32 = fastest["int8"], fastest["float32"]
    if int8 is None or float32 is None:
        return None
    ratio = median_ratio(round_medians(float32.raw), round_medians(int8.raw))
    size = float32.raw.size_bytes / int8.raw.size_bytes
    if ratio.low <= 1 <= ratio.high:
        return f"int8 is no faster than float32 here that could be measured; its file is {size:.1f} times smaller."
    return (
        f"The best int8 file is {_times(ratio)} than the best float32 file here "
        f"({_interval(ratio)}), and {size:.1f} times smaller."
    )


def _times(speedup: Interval) -> str:
    """Return "3.2 times faster" or "1.4 times slower"."""
    if speedup.value >= 1:
        return f"{speedup.value:.2f} times faster"
    return f"{1 / speedup.value:.2f} times slower"


def _interval(speedup: Interval) -> str:
    """Return the interval of what `_times` says."""
    low, high = (speedup.low, speedup.high) if speedup.value >= 1 else (1 / speedup.high, 1 / speedup.low)
    return f"{low:.2f} to {high:.2f}"
