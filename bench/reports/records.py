"""All figures of a run in SI units, one record per case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgecnn.bench.result import STAGES
from edgecnn.reporting.document import Record

if TYPE_CHECKING:
    from edgecnn.bench.findings import Findings
    from edgecnn.bench.result import CaseResult
    from edgecnn.bench.summary import Summary
    from edgecnn.intervals import Interval


def records(findings: Findings) -> tuple[Record, ...]:
    """Return a record for each case, including failed ones.

    Units are seconds, bytes, joules and shares; `_low` and `_high` mark the ends of a 95 % interval.
    """
    summaries = {summary.case.name: summary for summary in findings.summaries}
    return tuple(
        _record(case_result, summaries.get(case_result.case.name), findings) for case_result in findings.result.cases
    )


def _record(case_result: CaseResult, summary: Summary | None, findings: Findings) -> Record:
    case = case_result.case
    record: Record = {
        "case": case.name,
        "role": case.role.value,
        "file": case.path,
        "sha256": case.sha256,
        "backend": case.backend,
        "precision": case.precision.value,
        "threads": case.threads,
        "error": case_result.error or "",
    }
    if summary is not None:
        record |= dict(_accuracy(summary)) | dict(_latency(summary, findings)) | dict(_other(summary))
    return record


def _accuracy(summary: Summary) -> Iterator[tuple[str, float | int | None]]:
    if summary.accuracy is None:
        return
    yield from _interval("top1", summary.accuracy.top1)
    if summary.accuracy.top5 is not None:
        yield from _interval("top5", summary.accuracy.top5)
    if summary.accuracy.paired is not None:
        paired = summary.accuracy.paired
        yield from _interval("top1_difference", paired.difference)
        yield from _interval("top1_difference_bootstrap", paired.bootstrap)
        yield "mcnemar_p", paired.mcnemar_p
        yield "images_lost", paired.lost
        yield "images_gained", paired.gained
        yield "agreement", paired.agreement


def _latency(summary: Summary, findings: Findings) -> Iterator[tuple[str, float | int | None]]:
    latency, cold = summary.latency, summary.cold
    yield from _interval("p50_s", latency.p50)
    yield from _interval("p90_s", latency.p90)
    yield "p99_s", latency.p99
    yield "mean_s", latency.mean
    yield "sd_s", latency.deviation
    yield "min_s", latency.minimum
    yield "calls", latency.samples
    if latency.speedup is not None:
        yield from _interval("times_faster", latency.speedup)
        yield "is_equal_to_baseline", int(findings.is_equal_to_baseline(summary))
    yield "between_processes", latency.between_processes
    yield from (("cold_start_s", cold.start), ("cold_import_s", cold.imports))
    yield from (("cold_load_s", cold.load), ("cold_first_s", cold.first))
    yield from _interval("cold_total_s", cold.total)


def _other(summary: Summary) -> Iterator[tuple[str, float | int | None]]:
    if summary.paced is not None:
        yield from (
            ("paced_fps", summary.paced.fps),
            ("paced_p50_s", summary.paced.p50),
            ("paced_p90_s", summary.paced.p90),
        )
    if summary.end_to_end is not None:
        yield from ((f"{name}_s", value) for name, value in zip(STAGES, summary.end_to_end.stages, strict=True))
        yield from (("end_to_end_p50_s", summary.end_to_end.p50), ("end_to_end_p90_s", summary.end_to_end.p90))
    for rate in summary.throughput:
        yield f"images_per_second_at_{rate.size}", rate.images_per_second
    yield "best_images_per_call", summary.best_throughput.size
    yield from (("memory_peak_bytes", summary.memory.peak), ("memory_steady_bytes", summary.memory.steady))
    yield from (("file_bytes", summary.raw.size_bytes), ("runtime_bytes", summary.raw.runtime_bytes))
    if summary.single_stream is not None:
        yield "mlperf_single_stream_p90_s", summary.single_stream.p90
    yield "energy_per_inference_j", summary.joules


def _interval(name: str, interval: Interval) -> Iterator[tuple[str, float]]:
    stem, unit = (name[:-2], "_s") if name.endswith("_s") else (name, "")
    yield f"{stem}{unit}", interval.value
    yield f"{stem}_low{unit}", interval.low
    yield f"{stem}_high{unit}", interval.high
