"""All figures of a run, a record for each case, in SI units."""

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
    """Return a record for each case, failed ones too.

    Seconds, bytes, joules and shares; `_low` and `_high` are the ends of the 95 % interval.
    """
    summaries = {one.case.name: one for one in findings.summaries}
    return tuple(_record(one, summaries.get(one.case.name), findings) for one in findings.result.cases)


def _record(one: CaseResult, summary: Summary | None, findings: Findings) -> Record:
    case = one.case
    record: Record = {
        "case": case.name,
        "role": case.role.value,
        "file": case.path,
        "sha256": case.sha256,
        "backend": case.backend,
        "precision": case.precision.value,
        "threads": case.threads,
        "error": one.error or "",
    }
    if summary is not None:
        record |= dict(_accuracy(summary)) | dict(_latency(summary, findings)) | dict(_other(summary))
    return record


def _accuracy(one: Summary) -> Iterator[tuple[str, float | int | None]]:
    if one.accuracy is None:
        return
    yield from _interval("top1", one.accuracy.top1)
    if one.accuracy.top5 is not None:
        yield from _interval("top5", one.accuracy.top5)
    if one.accuracy.paired is not None:
        paired = one.accuracy.paired
        yield from _interval("top1_difference", paired.difference)
        yield from _interval("top1_difference_bootstrap", paired.bootstrap)
        yield "mcnemar_p", paired.mcnemar_p
        yield "images_lost", paired.lost
        yield "images_gained", paired.gained
        yield "agreement", paired.agreement


def _latency(one: Summary, findings: Findings) -> Iterator[tuple[str, float | int | None]]:
    latency, cold = one.latency, one.cold
    yield from _interval("p50_s", latency.p50)
    yield from _interval("p90_s", latency.p90)
    yield "p99_s", latency.p99
    yield "mean_s", latency.mean
    yield "sd_s", latency.deviation
    yield "min_s", latency.minimum
    yield "calls", latency.samples
    if latency.speedup is not None:
        yield from _interval("times_faster", latency.speedup)
        yield "is_equal_to_baseline", int(findings.is_equal_to_baseline(one))
    yield "between_processes", latency.between_processes
    yield from (("cold_start_s", cold.start), ("cold_import_s", cold.imports))
    yield from (("cold_load_s", cold.load), ("cold_first_s", cold.first))
    yield from _interval("cold_total_s", cold.total)


def _other(one: Summary) -> Iterator[tuple[str, float | int | None]]:
    if one.paced is not None:
        yield from (("paced_fps", one.paced.fps), ("paced_p50_s", one.paced.p50), ("paced_p90_s", one.paced.p90))
    if one.end_to_end is not None:
        yield from ((f"{name}_s", value) for name, value in zip(STAGES, one.end_to_end.stages, strict=True))
        yield from (("end_to_end_p50_s", one.end_to_end.p50), ("end_to_end_p90_s", one.end_to_end.p90))
    for rate in one.throughput:
        yield f"images_per_second_at_{rate.size}", rate.images_per_second
    yield "best_images_per_call", one.best_throughput.size
    yield from (("memory_peak_bytes", one.memory.peak), ("memory_steady_bytes", one.memory.steady))
    yield from (("file_bytes", one.raw.size_bytes), ("runtime_bytes", one.raw.runtime_bytes))
    if one.single_stream is not None:
        yield "mlperf_single_stream_p90_s", one.single_stream.p90
    yield "energy_per_inference_j", one.joules


def _interval(name: str, one: Interval) -> Iterator[tuple[str, float]]:
    stem, unit = (name[:-2], "_s") if name.endswith("_s") else (name, "")
    yield f"{stem}{unit}", one.value
    yield f"{stem}_low{unit}", one.low
    yield f"{stem}_high{unit}", one.high
