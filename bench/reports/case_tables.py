"""The tables with a row for each case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgecnn.bench.reports.formatting import (
    UNKNOWN,
    count_of,
    digits,
    megabytes,
    micros,
    micros_interval,
    millis,
    percent,
    percent_interval,
    points_interval,
    probability,
    ratio_interval,
)
from edgecnn.bench.reports.table import case_table, failures
from edgecnn.bench.result import STAGES
from edgecnn.reporting.document import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgecnn.bench.accuracy import Accuracy
    from edgecnn.bench.findings import Findings
    from edgecnn.bench.summary import Summary
    from edgecnn.intervals import Pairs


def overview(findings: Findings) -> Table:
    """Return what decides, in one row a case."""
    return case_table(
        "overview",
        "Overview",
        (
            ("top-1 %", lambda one: percent(one.accuracy.top1.value) if one.accuracy else ""),
            ("points to baseline (95 %)", _paired(lambda paired: points_interval(paired.difference))),
            ("p50 µs", lambda one: micros(one.latency.p50.value)),
            ("p90 µs", lambda one: micros(one.latency.p90.value)),
            ("× faster (95 %)", _speedup(findings)),
            ("cold start ms", lambda one: millis(one.cold.total.value)),
            (_at_fps(findings, "p50 µs"), lambda one: micros(one.paced.p50) if one.paced else ""),
            ("end to end ms", lambda one: millis(one.end_to_end.p50) if one.end_to_end else ""),
            ("best images/s", lambda one: digits(one.best_throughput.images_per_second)),
            ("peak MB", lambda one: megabytes(one.memory.peak)),
            ("file MB", lambda one: megabytes(one.raw.size_bytes)),
        ),
        findings.summaries,
        failed=failures(findings),
        note="Latency is of one image in a tight loop. “× faster” is paired with the baseline by rounds; “=” says "
        "that no difference to the baseline can be measured.",
    )


def accuracy_and_size(findings: Findings) -> Table:
    """Return how right the answers are, and how large the file is."""
    return case_table(
        "accuracy",
        "Accuracy and size",
        (
            ("top-1 % (95 %)", _accuracy(lambda found: percent_interval(found.top1))),
            ("top-5 % (95 %)", _accuracy(lambda found: percent_interval(found.top5) if found.top5 else "")),
            ("points to baseline (95 %)", _paired(lambda paired: points_interval(paired.difference))),
            ("bootstrap (95 %)", _paired(lambda paired: points_interval(paired.bootstrap))),
            ("McNemar p", _paired(lambda paired: probability(paired.mcnemar_p))),
            ("lost", _paired(lambda paired: f"{paired.lost:,}")),
            ("gained", _paired(lambda paired: f"{paired.gained:,}")),
            ("same answer %", _paired(lambda paired: percent(paired.agreement))),
            ("file MB", lambda one: megabytes(one.raw.size_bytes)),
        ),
        findings.summaries,
        note="Lost and gained: images that only the baseline, or only this case, got right.",
    )


def latency(findings: Findings) -> Table:
    """Return latencies of the tight loop."""
    return case_table(
        "latency",
        "Latency of one image in a tight loop",
        (
            ("p50 µs (95 %)", lambda one: micros_interval(one.latency.p50)),
            ("p90 µs (95 %)", lambda one: micros_interval(one.latency.p90)),
            ("p99 µs", lambda one: micros(one.latency.p99)),
            ("mean µs", lambda one: micros(one.latency.mean)),
            ("sd µs", lambda one: micros(one.latency.deviation)),
            ("min µs", lambda one: micros(one.latency.minimum)),
            ("× faster (95 %)", _speedup(findings)),
            ("between processes", lambda one: _between(one.latency.between_processes)),
            ("calls", lambda one: f"{one.latency.samples:,}"),
        ),
        findings.summaries,
        note=f"“=”: no difference to the baseline can be measured; the noise floor of this run is {_floor(findings)}. "
        f"Between processes: the largest median of a process divided by the smallest.",
    )


def _floor(findings: Findings) -> str:
    return "unknown" if findings.a_a is None else f"{findings.noise_floor:.1%}"


def cold_start(findings: Findings) -> Table:
    """Return how long a new process takes until its first answer."""
    return case_table(
        "cold",
        "Cold start: from the request for a process to its first answer",
        (
            ("start ms", lambda one: millis(one.cold.start)),
            ("import ms", lambda one: millis(one.cold.imports)),
            ("load ms", lambda one: millis(one.cold.load)),
            ("first ms", lambda one: millis(one.cold.first)),
            ("total ms", lambda one: millis(one.cold.total.value)),
            ("least–most ms", lambda one: f"{millis(one.cold.total.low)}–{millis(one.cold.total.high)}"),
        ),
        findings.summaries,
        note="Medians over processes. The files were in the system's cache.",
    )


def paced(findings: Findings) -> Table | None:
    """Return latencies of calls at a frame rate; None where none were made."""
    known = [one for one in findings.summaries if one.paced]
    if not known:
        return None
    return case_table(
        "paced",
        f"Latency of one image {_at_fps(findings, '')}",
        (
            ("p50 µs", lambda one: micros(one.paced.p50) if one.paced else ""),
            ("p90 µs", lambda one: micros(one.paced.p90) if one.paced else ""),
            ("× tight loop", lambda one: f"{one.paced.p50 / one.latency.p50.value:.2f}" if one.paced else ""),
            ("calls", lambda one: f"{one.paced.samples:,}" if one.paced else ""),
        ),
        known,
        note="The process sleeps between frames, so that caches, clock and threads have cooled down, as in a camera "
        "application.",
    )


def end_to_end(findings: Findings) -> Table | None:
    """Return latencies from an encoded picture on, by stages; None where none were measured."""
    known = [one for one in findings.summaries if one.end_to_end]
    if not known:
        return None

    def stage(number: int) -> Callable[[Summary], str]:
        return lambda one: micros(one.end_to_end.stages[number]) if one.end_to_end else ""

    return case_table(
        "stages",
        "End to end: from an encoded picture to probabilities",
        (
            *((f"{name} µs", stage(number)) for number, name in enumerate(STAGES)),
            ("p50 µs", lambda one: micros(one.end_to_end.p50) if one.end_to_end else ""),
            ("p90 µs", lambda one: micros(one.end_to_end.p90) if one.end_to_end else ""),
        ),
        known,
        note="Medians of each stage.",
    )


def throughput(findings: Findings) -> Table:
    """Return images a second, by images a call; the best is named."""
    sizes = sorted({one.size for summary in findings.summaries for one in summary.throughput})

    def rate(size: int) -> Callable[[Summary], str]:
        def cell(one: Summary) -> str:
            rates = [each.images_per_second for each in one.throughput if each.size == size]
            return digits(max(rates)) if rates else ""

        return cell

    return case_table(
        "throughput",
        "Throughput: images a second",
        (
            *((_call(size, findings), rate(size)) for size in sizes),
            ("best", lambda one: f"{digits(one.best_throughput.images_per_second)} at {one.best_throughput.size:,}"),
        ),
        findings.summaries,
        note="A file with a fixed batch of one is called once an image, whatever the call holds."
        + (f" Best of all: {_fastest(findings)}." if findings.summaries else ""),
    )


def memory(findings: Findings) -> Table:
    """Return what a case takes of memory and of the disk."""
    return case_table(
        "memory",
        "Memory and disk",
        (
            ("peak MB", lambda one: megabytes(one.memory.peak)),
            ("steady MB", lambda one: megabytes(one.memory.steady)),
            ("file MB", lambda one: megabytes(one.raw.size_bytes)),
            ("runtime MB", lambda one: megabytes(one.raw.runtime_bytes)),
            ("file + runtime MB", _on_disk),
        ),
        findings.summaries,
        note="Resident memory above the bare process, which has Python, NumPy and edgecnn: peak until the first "
        "answer, and steady at the end. Runtime: the installed files of its package. MB are 10⁶ bytes.",
    )


def single_stream(findings: Findings) -> Table | None:
    """Return MLPerf's figure; None where it was not asked for."""
    known = [one for one in findings.summaries if one.single_stream]
    if not known:
        return None
    return case_table(
        "mlperf",
        "MLPerf SingleStream",
        (
            ("p90 µs", lambda one: micros(one.single_stream.p90) if one.single_stream else ""),
            ("windows", lambda one: str(one.single_stream.windows) if one.single_stream else ""),
            ("shortest window s", lambda one: digits(one.single_stream.shortest_window) if one.single_stream else ""),
        ),
        known,
        note="The median over windows of the 90th percentile. The method says what differs from MLPerf's rules.",
    )


def energy(findings: Findings) -> Table | None:
    """Return energy of one inference; None where there is no meter."""
    known = [one for one in findings.summaries if one.raw.energy]
    if not known:
        return None
    return case_table(
        "energy",
        "Energy",
        (
            ("mJ an inference", lambda one: digits(one.joules * 1e3) if one.joules is not None else UNKNOWN),
            ("mean W", lambda one: digits(one.raw.energy.joules / one.raw.energy.seconds) if one.raw.energy else ""),
            (
                "idle W",
                lambda one: digits(one.raw.energy.idle_joules / one.raw.energy.seconds) if one.raw.energy else "",
            ),
            ("meter", lambda one: one.raw.energy.covers if one.raw.energy else ""),
        ),
        known,
        note="Above what the idle machine takes in the same time.",
    )


def _accuracy(text: Callable[[Accuracy], str]) -> Callable[[Summary], str]:
    return lambda one: text(one.accuracy) if one.accuracy else ""


def _paired(text: Callable[[Pairs], str]) -> Callable[[Summary], str]:
    return lambda one: text(one.accuracy.paired) if one.accuracy and one.accuracy.paired else ""


def _speedup(findings: Findings) -> Callable[[Summary], str]:
    def cell(one: Summary) -> str:
        if one.latency.speedup is None:
            return ""
        return ratio_interval(one.latency.speedup) + ("\u00a0=" if findings.is_equal_to_baseline(one) else "")

    return cell


def _between(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}"


def _at_fps(findings: Findings, figure: str) -> str:
    fps = findings.result.settings.fps
    return f"{figure} at {fps:g} frames/s".strip() if fps else figure


def _fastest(findings: Findings) -> str:
    best = max(findings.summaries, key=lambda one: one.best_throughput.images_per_second)
    rate = best.best_throughput
    return f"{best.case.name} with {_call(rate.size, findings)}, {digits(rate.images_per_second)} images/s"


def _call(size: int, findings: Findings) -> str:
    """Return how many images a call had; all of them are classified in parts."""
    every = findings.result.images.count
    return f"all {every:,} images" if size == every else f"{count_of(size, 'image')} a call"


def _on_disk(one: Summary) -> str:
    return UNKNOWN if one.raw.runtime_bytes is None else megabytes(one.raw.size_bytes + one.raw.runtime_bytes)
