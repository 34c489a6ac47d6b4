"""The report of a run: its sections and their blocks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from edgecnn.bench.reports import case_tables
from edgecnn.bench.reports.answers import answer_blocks
from edgecnn.bench.reports.charts import accuracy_against_latency, distributions, stages
from edgecnn.bench.reports.checks import checks
from edgecnn.bench.reports.method import describe, machine_facts, method, version_facts
from edgecnn.bench.reports.operations import operations
from edgecnn.bench.reports.records import records
from edgecnn.bench.reports.table import name_of
from edgecnn.bench.reports.timeline_chart import timeline
from edgecnn.bench.result import RESULT_NAME
from edgecnn.reporting.blocks import (
    Badge,
    Block,
    Caution,
    Cautions,
    Chart,
    ChartGrid,
    FactLists,
    NumberedChart,
    Paragraph,
    Points,
)
from edgecnn.reporting.document import Document, Section

if TYPE_CHECKING:
    from edgecnn.bench.findings import Findings

_SCATTER_NOTE = (
    "Dashed: the Pareto front of the deployable cases. Square: the baseline. The twin and other ways of calling Keras "
    "are not shown."
)


def run_document(findings: Findings, raw: str = RESULT_NAME) -> Document:
    """Return the report of a run.

    Args:
        findings: of the run.
        raw: name of the result file.
    """
    result = findings.result
    return Document(
        product="edgecnn bench",
        title=describe(result.machine),
        lead=f"{result.images.count:,} images of {result.images.data} · {len(result.cases)} cases · {result.created}",
        badges=_badges(findings),
        verdict=findings.verdict,
        sections=tuple(section for section in _sections(findings, raw) if section.blocks),
        footer=f"Raw samples: {raw}",
        records=records(findings),
        checks=checks(findings),
    )


def cautions(findings: Findings) -> tuple[Block, ...]:
    """Return the warnings of a run as one block; none if there are no warnings."""
    warnings = tuple(
        Caution(warning.kind, warning.what, warning.advice, warning.is_disturbance) for warning in findings.warnings
    )
    return (Cautions(warnings),) if warnings else ()


def _badges(findings: Findings) -> tuple[Badge, ...]:
    result = findings.result
    badges = [Badge("disturbed run", False) if findings.is_disturbed else Badge("undisturbed run", True)]
    if not result.is_complete:
        badges.append(Badge("stopped before its end", False))
    if result.machine.emulated:
        badges.append(Badge("emulated processor", False))
    return tuple(badges)


def _sections(findings: Findings, raw: str) -> tuple[Section, ...]:
    result = findings.result
    return (
        Section("warnings", "Warnings", cautions(findings)),
        _chapter("cases", "Cases", _cases(findings)),
        _chapter("latencies", "Latency", _latencies(findings)),
        _chapter("resources", "Throughput, memory, disk", _resources(findings)),
        _chapter("answers", "Answers", answer_blocks(findings)),
        Section("operations", "Operations", operations(findings)),
        Section("notes", "Notes", (Points(tuple(f"{note}." for note in result.notes)),) if result.notes else ()),
        Section("method", "How it was measured", tuple(map(Paragraph, method(findings, raw))), label="Method"),
        Section(
            "machine",
            "Machine and versions",
            (FactLists((machine_facts(result.machine), version_facts(result))),),
            label="Machine",
        ),
    )


def _chapter(name: str, title: str, blocks: Iterable[Block | None]) -> Section:
    """Return a section of blocks with titles, without those that are None."""
    return Section(name, title, tuple(block for block in blocks if block is not None), is_chapter=True)


def _cases(findings: Findings) -> Iterable[Block | None]:
    yield case_tables.overview(findings)
    if scatter := accuracy_against_latency(findings):
        names = tuple((name_of(summary), summary.case.precision.colour) for summary in findings.summaries)
        yield NumberedChart(scatter, names, _SCATTER_NOTE)
    yield case_tables.accuracy_and_size(findings)


def _latencies(findings: Findings) -> Iterable[Block | None]:
    drawn: list[Chart | None] = [distributions(findings), stages(findings)] if findings.summaries else []
    if charts := tuple(chart for chart in (*drawn, timeline(findings)) if chart is not None):
        yield ChartGrid(charts)
    yield case_tables.latency(findings)
    yield case_tables.cold_start(findings)
    yield case_tables.paced(findings)
    yield case_tables.end_to_end(findings)


def _resources(findings: Findings) -> Iterable[Block | None]:
    yield case_tables.throughput(findings)
    yield case_tables.memory(findings)
    yield case_tables.single_stream(findings)
    yield case_tables.energy(findings)
