"""Everything that reports show about a run, derived once from its raw samples."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgecnn.bench.accuracy import answers, known_labels
from edgecnn.bench.case import Role
from edgecnn.bench.disturbance import RunWarning, warnings
from edgecnn.bench.limits import BenchLimits
from edgecnn.bench.noise import a_a, is_equal, noise_floor
from edgecnn.bench.result import Images, Result, read_result
from edgecnn.bench.summary import Summary, summarise
from edgecnn.bench.verdict import choose, verdict
from edgecnn.errors import MeasurementError, first_line
from edgecnn.intervals import Interval
from edgecnn.task import find_task, same_answers


@dataclass(frozen=True, slots=True)
class ChangedAnswer:
    """An image on which a case and the baseline differ, with class names; `label` is None if unknown."""

    case: str
    image: int
    answer: str
    baseline_answer: str
    label: str | None


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings derived from a result.

    Attributes:
        summaries: the cases that did not fail, in the order of the run.
        baseline: the case that ratios refer to; None if it failed.
        a_a: the ratio of the baseline to itself in other processes; None without a twin.
        agreement: share of images with the same answer for each pair of `summaries`, (cases, cases).
        flips: images on which a case and the baseline differ.
        pareto: names of the artifacts that no other one beats in both accuracy and latency.
        warnings: disturbances of the run.
        chosen: names of the artifact to deploy here and of the second choice, if any.
        verdict: the same in sentences.
    """

    result: Result
    limits: BenchLimits
    summaries: tuple[Summary, ...]
    baseline: Summary | None
    a_a: Interval | None
    agreement: tuple[tuple[float, ...], ...]
    flips: tuple[ChangedAnswer, ...]
    pareto: tuple[str, ...]
    warnings: tuple[RunWarning, ...]
    chosen: tuple[str, ...]
    verdict: tuple[str, ...]

    @property
    def accuracy_name(self) -> str:
        """The name of the share of correct answers."""
        return find_task(self.result.images.task).accuracy

    @property
    def noise_floor(self) -> float:
        """How far from 1 a ratio of latencies may be by noise alone, as a share; assumed without `a_a`."""
        return noise_floor(self.a_a)

    @property
    def is_disturbed(self) -> bool:
        """Whether the run should be repeated before relying on its latencies."""
        return any(warning.is_disturbance for warning in self.warnings)

    def is_equal_to_baseline(self, one: Summary) -> bool:
        """Whether the latency shows no measurable difference to the baseline."""
        return one.latency.speedup is not None and is_equal(one.latency.speedup, self.noise_floor)


def find(result: Result, limits: BenchLimits = BenchLimits()) -> Findings:
    """Return all findings of a result, under the limits for an artifact."""
    summaries = summarise(result)
    ratio = a_a(result)
    floor = noise_floor(ratio)
    ranked = choose(summaries, floor, limits)
    baseline = next((one for one in summaries if one.case.role is Role.BASELINE), None)
    return Findings(
        result=result,
        limits=limits,
        summaries=summaries,
        baseline=baseline,
        a_a=ratio,
        agreement=_agreement(summaries, result.images),
        flips=_flips(summaries, baseline, result.images),
        pareto=_pareto(summaries),
        warnings=warnings(result, summaries, floor),
        chosen=tuple(one.case.name for one in ranked),
        verdict=verdict(result, summaries, floor, limits, ranked),
    )


def read_findings(path: Path, limits: BenchLimits = BenchLimits()) -> Findings:
    """Return the findings of the result in a file.

    Raises:
        MeasurementError: as `read_result`, or its figures contradict each other.
    """
    result = read_result(path)
    try:
        return find(result, limits)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise MeasurementError(f"the result {path} contradicts itself: {first_line(error)}; measure again") from error


def _agreement(summaries: tuple[Summary, ...], images: Images) -> tuple[tuple[float, ...], ...]:
    task, of_cases = find_task(images.task), [answers(one.raw, images) for one in summaries]
    return tuple(tuple(float(same_answers(task, own, other).mean()) for other in of_cases) for own in of_cases)


def _flips(summaries: tuple[Summary, ...], baseline: Summary | None, images: Images) -> tuple[ChangedAnswer, ...]:
    if baseline is None:
        return ()
    reference, labels = answers(baseline.raw, images), known_labels(images)
    task, names = find_task(images.task), images.class_names
    return tuple(
        ChangedAnswer(
            one.case.name,
            int(image),
            task.name(own[image], names),
            task.name(reference[image], names),
            None if labels is None else task.name(labels[image], names),
        )
        for one in summaries
        if one.case.is_artifact
        for own in (answers(one.raw, images),)
        for image in (~same_answers(task, own, reference)).nonzero()[0]
    )


def _pareto(summaries: tuple[Summary, ...]) -> tuple[str, ...]:
    """Return the artifacts that no other one beats in top-1 or latency while equalling them in the other."""
    points = [
        (one.case.name, one.latency.p50.value, one.accuracy.top1.value)
        for one in summaries
        if one.case.is_artifact and one.accuracy is not None
    ]
    return tuple(
        name
        for name, latency, top1 in points
        if not any(
            other_latency <= latency and other_top1 >= top1 and (other_latency, other_top1) != (latency, top1)
            for _, other_latency, other_top1 in points
        )
    )
