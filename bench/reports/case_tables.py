"""The tables with one row per case."""

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
from edgecnn.bench.reports.table import CellOf, case_table, failures, where_known
from edgecnn.bench.result import STAGES
from edgecnn.reporting.blocks import Table

if TYPE_CHECKING:
    from edgecnn.bench.findings import Findings
    from edgecnn.bench.summary import Summary


def overview(findings: Findings) -> Table:
    """Return the most important figures."""
    return case_table(
        "overview",
        "Overview",
        (
            (f"{findings.accuracy_name} %", _accuracy(lambda accuracy: percent(accuracy.top1.value))),
            ("points vs baseline (95 %)", _paired(lambda paired: points_interval(paired.difference))),
            ("p50 µs", lambda summary: micros(summary.latency.p50.value)),
            ("p90 µs", lambda summary: micros(summary.latency.p90.value)),
            ("× faster (95 %)", _speedup(findings)),
            ("cold start ms", lambda summary: millis(summary.cold.total.value)),
            (_at_fps(findings, "p50 µs"), _paced(lambda calls: micros(calls.p50))),
            ("end to end ms", _end_to_end(lambda calls: millis(calls.p50))),
            ("best images/s", lambda summary: digits(summary.best_throughput.images_per_second)),
            ("peak MB", lambda summary: megabytes(summary.memory.peak)),
            ("file MB", lambda summary: megabytes(summary.raw.size_bytes)),
        ),
        findings.summaries,
        failed=failures(findings),
        note="Latency is for one image in a tight loop. “× faster” is paired with the baseline by rounds; “=” means "
        "that no difference from the baseline can be measured.",
    )


def accuracy_and_size(findings: Findings) -> Table:
    """Return accuracy and file sizes."""
    return case_table(
        "accuracy",
        "Accuracy and size",
        (
            (f"{findings.accuracy_name} % (95 %)", _accuracy(lambda accuracy: percent_interval(accuracy.top1))),
            ("top-5 % (95 %)", _accuracy(lambda accuracy: percent_interval(accuracy.top5) if accuracy.top5 else "")),
            ("points vs baseline (95 %)", _paired(lambda paired: points_interval(paired.difference))),
            ("bootstrap (95 %)", _paired(lambda paired: points_interval(paired.bootstrap))),
            ("McNemar p", _paired(lambda paired: probability(paired.mcnemar_p))),
            ("lost", _paired(lambda paired: f"{paired.lost:,}")),
            ("gained", _paired(lambda paired: f"{paired.gained:,}")),
            ("same answer %", _paired(lambda paired: percent(paired.agreement))),
            ("file MB", lambda summary: megabytes(summary.raw.size_bytes)),
        ),
        findings.summaries,
        note="Lost and gained: images that only the baseline, or only this case, got right.",
    )


def latency(findings: Findings) -> Table:
    """Return latencies in the tight loop."""
    return case_table(
        "latency",
        "Latency of one image in a tight loop",
        (
            ("p50 µs (95 %)", lambda summary: micros_interval(summary.latency.p50)),
            ("p90 µs (95 %)", lambda summary: micros_interval(summary.latency.p90)),
            ("p99 µs", lambda summary: micros(summary.latency.p99)),
            ("mean µs", lambda summary: micros(summary.latency.mean)),
            ("sd µs", lambda summary: micros(summary.latency.deviation)),
            ("min µs", lambda summary: micros(summary.latency.minimum)),
            ("× faster (95 %)", _speedup(findings)),
            ("between processes", lambda summary: _between(summary.latency.between_processes)),
            ("calls", lambda summary: f"{summary.latency.samples:,}"),
        ),
        findings.summaries,
        note=f"“=”: no difference from the baseline can be measured; this run's noise floor is {_floor(findings)}. "
        f"Between processes: the largest median of a process divided by the smallest.",
    )


def _floor(findings: Findings) -> str:
    return "unknown" if findings.a_a is None else f"{findings.noise_floor:.1%}"


def cold_start(findings: Findings) -> Table:
    """Return the times from the start of a process to its first answer."""
    return case_table(
        "cold",
        "Cold start: from the request for a process to its first answer",
        (
            ("start ms", lambda summary: millis(summary.cold.start)),
            ("import ms", lambda summary: millis(summary.cold.imports)),
            ("load ms", lambda summary: millis(summary.cold.load)),
            ("first ms", lambda summary: millis(summary.cold.first)),
            ("total ms", lambda summary: millis(summary.cold.total.value)),
            ("least–most ms", lambda summary: f"{millis(summary.cold.total.low)}–{millis(summary.cold.total.high)}"),
        ),
        findings.summaries,
        note="Medians over processes. The files were in the operating system's cache.",
    )


def paced(findings: Findings) -> Table | None:
    """Return latencies of calls at a frame rate; None if there are none."""
    known = [summary for summary in findings.summaries if summary.paced]
    if not known:
        return None
    return case_table(
        "paced",
        f"Latency of one image {_at_fps(findings, '')}",
        (
            ("p50 µs", _paced(lambda calls: micros(calls.p50))),
            ("p90 µs", _paced(lambda calls: micros(calls.p90))),
            ("× tight loop", _times_tight_loop),
            ("calls", _paced(lambda calls: f"{calls.samples:,}")),
        ),
        known,
        note="The process sleeps between frames, so caches, clock and threads cool down, as in a camera application.",
    )


def end_to_end(findings: Findings) -> Table | None:
    """Return latencies from an encoded picture to probabilities, by stage; None if none were measured."""
    known = [summary for summary in findings.summaries if summary.end_to_end]
    if not known:
        return None

    def stage(number: int) -> CellOf:
        return _end_to_end(lambda calls: micros(calls.stages[number]))

    return case_table(
        "stages",
        "End to end: from an encoded picture to probabilities",
        (
            *((f"{name} µs", stage(number)) for number, name in enumerate(STAGES)),
            ("p50 µs", _end_to_end(lambda calls: micros(calls.p50))),
            ("p90 µs", _end_to_end(lambda calls: micros(calls.p90))),
        ),
        known,
        note="Each stage has its own median.",
    )


def throughput(findings: Findings) -> Table:
    """Return images per second by images per call, and the best rate."""
    sizes = sorted({rate.size for summary in findings.summaries for rate in summary.throughput})

    def rate(size: int) -> CellOf:
        def cell(summary: Summary) -> str:
            rates = [rate.images_per_second for rate in summary.throughput if rate.size == size]
            return digits(max(rates)) if rates else ""

        return cell

    return case_table(
        "throughput",
        "Throughput: images a second",
        (
            *((_call(size, findings), rate(size)) for size in sizes),
            (
                "best",
                lambda summary: (
                    f"{digits(summary.best_throughput.images_per_second)} at {summary.best_throughput.size:,}"
                ),
            ),
        ),
        findings.summaries,
        note="A file with a fixed batch size of one is called once per image."
        + (f" The best rate: {_fastest(findings)}." if findings.summaries else ""),
    )


def memory(findings: Findings) -> Table:
    """Return memory and disk use."""
    return case_table(
        "memory",
        "Memory and disk",
        (
            ("peak MB", lambda summary: megabytes(summary.memory.peak)),
            ("steady MB", lambda summary: megabytes(summary.memory.steady)),
            ("file MB", lambda summary: megabytes(summary.raw.size_bytes)),
            ("runtime MB", lambda summary: megabytes(summary.raw.runtime_bytes)),
            ("file + runtime MB", _on_disk),
        ),
        findings.summaries,
        note="Resident memory above that of a process with only Python, NumPy and edgecnn: the peak up to the first "
        "answer, and the steady level at the end. Runtime: the installed files of its package. 1 MB is 10⁶ bytes.",
    )


def single_stream(findings: Findings) -> Table | None:
    """Return MLPerf's figure; None if it was not requested."""
    known = [summary for summary in findings.summaries if summary.single_stream]
    if not known:
        return None
    return case_table(
        "mlperf",
        "MLPerf SingleStream",
        (
            ("p90 µs", _single_stream(lambda scenario: micros(scenario.p90))),
            ("windows", _single_stream(lambda scenario: str(scenario.windows))),
            ("shortest window s", _single_stream(lambda scenario: digits(scenario.shortest_window))),
        ),
        known,
        note="The median over windows of the 90th percentile. The method lists the differences from MLPerf's rules.",
    )


def energy(findings: Findings) -> Table | None:
    """Return the energy of one inference; None if there is no meter."""
    known = [summary for summary in findings.summaries if summary.raw.energy]
    if not known:
        return None
    return case_table(
        "energy",
        "Energy",
        (
            ("mJ per inference", lambda summary: UNKNOWN if summary.joules is None else digits(summary.joules * 1e3)),
            ("mean W", _energy(lambda energy: digits(energy.joules / energy.seconds))),
            ("idle W", _energy(lambda energy: digits(energy.idle_joules / energy.seconds))),
            ("meter", _energy(lambda energy: energy.covers)),
        ),
        known,
        note="Energy above what the idle machine uses in the same time.",
    )


_accuracy = where_known(lambda summary: summary.accuracy)
_paired = where_known(lambda summary: summary.accuracy.paired if summary.accuracy else None)
_paced = where_known(lambda summary: summary.paced)
_end_to_end = where_known(lambda summary: summary.end_to_end)
_single_stream = where_known(lambda summary: summary.single_stream)
_energy = where_known(lambda summary: summary.raw.energy)


def _times_tight_loop(summary: Summary) -> str:
    return f"{summary.paced.p50 / summary.latency.p50.value:.2f}" if summary.paced else ""


def _speedup(findings: Findings) -> CellOf:
    def cell(summary: Summary) -> str:
        if summary.latency.speedup is None:
            return ""
        return ratio_interval(summary.latency.speedup) + ("\u00a0=" if findings.is_equal_to_baseline(summary) else "")

    return cell


def _between(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}"


def _at_fps(findings: Findings, figure: str) -> str:
    fps = findings.result.settings.fps
    return f"{figure} at {fps:g} frames/s".strip() if fps else figure


def _fastest(findings: Findings) -> str:
    best = max(findings.summaries, key=lambda summary: summary.best_throughput.images_per_second)
    rate = best.best_throughput
    return f"{best.case.name} with {_call(rate.size, findings)}, {digits(rate.images_per_second)} images/s"


def _call(size: int, findings: Findings) -> str:
    """Return how many images a call has; a call with all of them is made in parts."""
    every = findings.result.images.count
    return f"all {every:,} images" if size == every else f"{count_of(size, 'image')} a call"


def _on_disk(summary: Summary) -> str:
    return (
        UNKNOWN if summary.raw.runtime_bytes is None else megabytes(summary.raw.size_bytes + summary.raw.runtime_bytes)
    )
