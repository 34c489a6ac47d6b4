"""The report as comma-separated values: one row a case with all figures, in SI units."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgecnn.bench.result import STAGES
from edgecnn.text import plain

if TYPE_CHECKING:
    from edgecnn.bench.findings import Findings
    from edgecnn.bench.result import CaseResult
    from edgecnn.bench.summary import Summary
    from edgecnn.intervals import Interval

Cells = dict[str, str | float | int | None]


def to_csv(findings: Findings) -> str:
    """Return a head and a row for each case, failed ones too; what is not known is empty.

    Seconds, bytes, joules and shares; `_low` and `_high` are the ends of the 95 % interval. Floats are written so that
    reading them gives the same number.
    """
    summaries = {one.case.name: one for one in findings.summaries}
    rows = [_row(one, summaries.get(one.case.name), findings) for one in findings.result.cases]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _row(one: CaseResult, found: Summary | None, findings: Findings) -> Cells:
    case = one.case
    cells: Cells = {
        "case": _inert(case.name),
        "role": case.role.value,
        "file": _inert(case.path),
        "sha256": _inert(case.sha256),
        "backend": _inert(case.backend),
        "precision": case.precision.value,
        "threads": case.threads,
        "error": _inert(one.error or ""),
    }
    if found is not None:
        cells |= dict(_accuracy(found)) | dict(_latency(found, findings)) | dict(_other(found))
    return cells


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


def _inert(text: str) -> str:
    """Return text that no spreadsheet takes for a formula.

    Source: OWASP, "CSV injection".
    """
    shown = plain(text)
    return f"'{shown}" if shown[:1] in ("=", "+", "-", "@") else shown
