"""The verdict on which file to deploy here, in sentences derived from the figures."""

from __future__ import annotations

import math
from collections.abc import Iterable

from edgecnn.bench.accuracy import answers, paired
from edgecnn.bench.case import Role
from edgecnn.bench.limits import BenchLimits, check_limits
from edgecnn.bench.noise import ALIKE, is_equal, latency_ratio
from edgecnn.bench.result import Images, Result
from edgecnn.bench.summary import Summary
from edgecnn.intervals import Interval
from edgecnn.limits import Outcome
from edgecnn.task import find_task


def choose(summaries: tuple[Summary, ...], floor: float, limits: BenchLimits) -> tuple[Summary, ...]:
    """Return the artifact to deploy and the second choice, if any.

    Only artifacts that are shown to meet all limits are eligible. The fastest is chosen; among those alike in latency,
    the smallest. If accuracy could not be compared, the other limits alone decide.

    Args:
        summaries: of the cases of a run that did not fail.
        floor: the noise floor as a share of a latency.
        limits: what an artifact has to keep to.
    """
    return tuple(_best_two(_good(summaries, limits), floor))


def verdict(
    result: Result, summaries: tuple[Summary, ...], floor: float, limits: BenchLimits, ranked: tuple[Summary, ...]
) -> tuple[str, ...]:
    """Return sentences: what to deploy and why, whether int8 pays, the second choice, the cost of more accuracy.

    Args:
        result: the run.
        summaries: of its cases that did not fail.
        floor: the noise floor as a share of a latency.
        limits: what an artifact has to keep to.
        ranked: as `choose` returns them.
    """
    artifacts = [one for one in summaries if one.case.is_artifact]
    if not artifacts:
        return ("No artifact could be measured.",)
    compared = accuracy_is_known(summaries)
    if not ranked:
        return (_none_holds(artifacts, limits, compared), *_about_the_machine(result))
    good = _good(summaries, limits)
    baseline = next((one for one in summaries if one.case.role is Role.BASELINE), None)
    sentences = [f"Deploy {_how(ranked[0])}: {_why(ranked[0], baseline, floor)}."]
    if not compared:
        sentences.append(
            "Its accuracy could not be compared with the original model's: this rests on the other figures alone."
        )
    sentences += _quantization(artifacts, good, floor)
    better = _more_accurate(ranked[0], good, result.images)
    if len(ranked) > 1 and ranked[1] not in better:
        sentences.append(f"Second choice: {_second(ranked[0], ranked[1], floor)}.")
    sentences += [f"More accurate: {_price(one, ranked[0], result.images, floor)}." for one in better]
    return (*sentences, *_about_the_machine(result))


def _good(summaries: tuple[Summary, ...], limits: BenchLimits) -> list[Summary]:
    """Return the artifacts that are shown to meet all limits."""
    compared = accuracy_is_known(summaries)
    return [one for one in summaries if one.case.is_artifact and _holds(one, limits, compared)]


def accuracy_is_known(summaries: tuple[Summary, ...]) -> bool:
    """Whether differences of accuracy are meaningful: two bad int8 files can agree with each other."""
    baseline = next((one for one in summaries if one.case.role is Role.BASELINE), None)
    return baseline is not None and baseline.accuracy is not None and baseline.case.precision.is_full


def _holds(one: Summary, limits: BenchLimits, compared: bool) -> bool:
    return all(
        result.outcome is Outcome.HOLDS for result in check_limits(one, limits) if result.name != "accuracy" or compared
    )


def _best_two(good: list[Summary], floor: float) -> list[Summary]:
    """Return the best artifact and the second: the fastest, or one that is alike in latency and easier to deploy."""
    left, ranked = list(good), list[Summary]()
    while left and len(ranked) < 2:
        fastest = min(left, key=lambda one: one.latency.p50.value)
        limit = 1 + max(floor, ALIKE)
        alike = [one for one in left if 1 / limit <= latency_ratio(one.raw, fastest.raw).value <= limit]
        best = min([fastest, *alike], key=_burden)
        ranked.append(best)
        left.remove(best)
    return ranked


def _burden(one: Summary) -> tuple[int, int, float, str]:
    """Return what makes a case harder to deploy, without timings, so that two runs order cases alike."""
    runtime_bytes = math.inf if one.raw.runtime_bytes is None else one.raw.runtime_bytes
    return (one.raw.size_bytes, one.case.threads, runtime_bytes, one.case.name)


def _how(one: Summary) -> str:
    threads = f"{one.case.threads} thread" + ("s" if one.case.threads > 1 else "")
    return f"{one.case.name}" if "thread" in one.case.name else f"{one.case.name} with {threads}"


def _why(chosen: Summary, baseline: Summary | None, floor: float) -> str:
    reasons = [f"median {_micros(chosen.latency.p50.value)} an image (p90 {_micros(chosen.latency.p90.value)})"]
    if baseline is not None and chosen.latency.speedup is not None:
        reasons.append(
            f"no difference in latency to {baseline.case.name} that can be measured"
            if is_equal(chosen.latency.speedup, floor)
            else f"{_times(chosen.latency.speedup)} than {baseline.case.name}"
        )
    if chosen.accuracy is not None:
        reasons.append(f"{chosen.accuracy.name} {chosen.accuracy.top1.value:.1%}")
        if chosen.accuracy.paired is not None:
            share = chosen.accuracy.paired.difference
            points, low, high = (100 * value for value in (share.value, share.low, share.high))
            reasons.append(f"{points:+.2f} points to the baseline ({low:+.2f} to {high:+.2f})")
    reasons.append(f"{chosen.raw.size_bytes / 1e6:.2f} MB")
    return ", ".join(reasons)


def _quantization(artifacts: list[Summary], good: list[Summary], floor: float) -> list[str]:
    """Say whether quantization is worth it here: the fastest full-integer file beside the fastest in full precision."""
    full = _fastest(one for one in artifacts if one.case.precision.is_full)
    integer = _fastest(one for one in artifacts if one.case.precision.is_full_integer)
    if full is None or integer is None:
        return []
    accepted = _fastest(one for one in good if one.case.precision.is_full_integer)
    name, full_name = (accepted or integer).case.precision.value, full.case.precision.value
    if accepted is None:
        return [f"{name} is not worth it here: no {name} file is shown to keep to the limits."]
    ratio = latency_ratio(full.raw, accepted.raw)
    times = full.raw.size_bytes / accepted.raw.size_bytes
    smaller = f"its file is {times:.1f} times smaller" if times > 1 else f"its file is {1 / times:.1f} times larger"
    if is_equal(ratio, floor) and times <= 1:
        return [
            f"{name} is not worth it here: no difference in latency to {full_name} that can be measured, no smaller "
            "file."
        ]
    if is_equal(ratio, floor):
        return [
            f"{name} is worth it here for its size alone: no difference in latency to {full_name} that can be "
            f"measured, but {smaller}."
        ]
    worth = f"{name} is worth it here" if ratio.value > 1 else f"{name} is not worth it here for latency"
    return [
        f"{worth}: the best {name} file is {_times(ratio)} than the best {full_name} file ({_interval(ratio)}), "
        f"and {smaller}."
    ]


def _fastest(summaries: Iterable[Summary]) -> Summary | None:
    return min(summaries, key=lambda one: one.latency.p50.value, default=None)


def _second(first: Summary, second: Summary, floor: float) -> str:
    parts = [*_beside(second, first, floor)]
    if first.accuracy is not None and second.accuracy is not None:
        gain = 100 * (second.accuracy.top1.value - first.accuracy.top1.value)
        parts.append(f"{gain:+.2f} points of {first.accuracy.name}")
    return f"{_how(second)}, at " + ", ".join(parts)


def _beside(one: Summary, other: Summary, floor: float) -> tuple[str, str]:
    """Return a comparison of latency and size of two cases."""
    ratio = latency_ratio(one.raw, other.raw)
    latency = (
        "no difference in latency that can be measured"
        if is_equal(ratio, floor)
        else f"{ratio.value:.2f} times the latency ({ratio.low:.2f} to {ratio.high:.2f})"
    )
    return latency, f"{one.raw.size_bytes / other.raw.size_bytes:.2f} times the size"


def _more_accurate(chosen: Summary, good: list[Summary], images: Images) -> list[Summary]:
    """Return, fastest first, each case that is shown to be more accurate than the last and the chosen one."""
    if images.labels is None:
        return []
    better, last = list[Summary](), answers(chosen.raw, images)
    for one in sorted(good, key=lambda one: one.latency.p50.value):
        own = answers(one.raw, images)
        if paired(own, last, images).difference.low > 0:
            better.append(one)
            last = own
    return better


def _price(one: Summary, chosen: Summary, images: Images, floor: float) -> str:
    """Return how much more accurate a case is than the chosen one, and its cost."""
    gain = paired(answers(one.raw, images), answers(chosen.raw, images), images).difference
    points = " to ".join(f"{100 * value:+.2f}" for value in (gain.low, gain.high))
    cost = ", ".join(_beside(one, chosen, floor))
    return f"{_how(one)}, {100 * gain.value:+.2f} points of {find_task(images.task).accuracy} ({points}), at {cost}"


def _none_holds(artifacts: list[Summary], limits: BenchLimits, compared: bool) -> str:
    reasons = []
    for name in ("accuracy", "latency", "size", "memory"):
        outcomes = [result.outcome for one in artifacts for result in check_limits(one, limits) if result.name == name]
        failed = outcomes.count(Outcome.DOES_NOT_HOLD)
        unknown = len(outcomes) - failed - outcomes.count(Outcome.HOLDS)
        if name == "accuracy" and not compared:
            continue
        if failed:
            reasons.append(f"{failed} fail in {name}")
        if unknown:
            reasons.append(
                f"for {unknown} {'the images are too few to tell' if name == 'accuracy' else name + ' is unknown'}"
            )
    return (
        f"None of the {len(artifacts)} artifacts is shown to keep to the limits: {'; '.join(reasons)}. "
        "Deploy none on this evidence."
    )


def _about_the_machine(result: Result) -> list[str]:
    if result.machine.emulated:
        return ["This processor is emulated: no latency here is a real device's."]
    return []


def _micros(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f} µs" if seconds < 0.1 else f"{seconds * 1e3:,.0f} ms"


def _times(speedup: Interval) -> str:
    """Return "3.2 times faster" or "1.4 times slower"."""
    if speedup.value >= 1:
        return f"{speedup.value:.2f} times faster"
    return f"{1 / speedup.value:.2f} times slower"


def _interval(speedup: Interval) -> str:
    """Return the interval for the text of `_times`."""
    low, high = (speedup.low, speedup.high) if speedup.value >= 1 else (1 / speedup.high, 1 / speedup.low)
    return f"{low:.2f} to {high:.2f}"
