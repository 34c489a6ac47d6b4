"""The report as one HTML file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgecnn.bench.reports import case_tables
from edgecnn.bench.reports.answer_tables import agreement, answers_of, flipped, flips_by_image, per_class
from edgecnn.bench.reports.chart import Chart
from edgecnn.bench.reports.charts import charts
from edgecnn.bench.reports.confusion import confusions
from edgecnn.bench.reports.method import describe, machine_facts, method, version_facts
from edgecnn.bench.reports.page import render
from edgecnn.bench.reports.table import name_of
from edgecnn.bench.reports.tables import operations
from edgecnn.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgecnn.bench.findings import Findings

_MOST_FLIPS = 50
_PICTURES_BYTES = 700_000
"""All pictures together, so that the file stays below two megabytes."""
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


@dataclass(frozen=True, slots=True)
class FlippedPicture:
    """An image on which answers differ, with who said what.

    Attributes:
        image: its place among the images.
        png: base64 text.
        label: None where nobody knows it.
        said: answers, and the names of those that gave them; the baseline first.
    """

    image: int
    png: str
    label: str | None
    said: tuple[tuple[str, str], ...]


def to_html(findings: Findings, raw: str = "result.json") -> str:
    """Return a page that needs no other file and makes no request.

    Args:
        findings: of the run.
        raw: name of the file that keeps the result.

    Raises:
        OutputError: Jinja2 or Matplotlib is not installed.
    """
    result, drawn = findings.result, {chart.name: chart for chart in charts(findings)}
    measured = bool(findings.summaries)
    return render(
        "report.html.j2",
        findings=findings,
        result=result,
        raw=plain(raw),
        machine=describe(result.machine),
        data=plain(result.images.data),
        verdict=[plain(sentence) for sentence in findings.verdict],
        warnings=warning_rows(findings),
        notes=[plain(note) for note in result.notes],
        numbered=[(name_of(one), one.case.precision.colour) for one in findings.summaries],
        chart=drawn.get,
        rooflines=_paired(findings, drawn),
        overview=case_tables.overview(findings),
        accuracy=case_tables.accuracy_and_size(findings),
        latency=[case_tables.latency(findings), case_tables.cold_start(findings), case_tables.paced(findings)],
        stages=case_tables.end_to_end(findings),
        resources=[
            case_tables.throughput(findings),
            case_tables.memory(findings),
            case_tables.single_stream(findings),
            case_tables.energy(findings),
        ],
        classes=per_class(findings),
        agreement=agreement(findings) if measured else None,
        confusions=confusions(findings),
        pictures=list(_pictures(findings)),
        flipped=flipped(findings, _MOST_FLIPS),
        method=method(findings, raw),
        machine_facts=machine_facts(result.machine),
        version_facts=version_facts(result),
    )


def warning_rows(findings: Findings) -> list[tuple[str, str, str, bool]]:
    """Return what the macro `warnings` shows: kind, what happened, what to do, whether it disturbed the run."""
    return [(one.kind, plain(one.what), plain(one.advice), one.is_disturbance) for one in findings.warnings]


def _paired(findings: Findings, drawn: dict[str, Chart]) -> list[tuple[object, Chart | None]]:
    """Return each table of operations with its roofline, if there is one."""
    return [(table, drawn.get(f"roofline-{table.name.partition('-')[2]}")) for table in operations(findings)]


def _pictures(findings: Findings) -> Iterator[FlippedPicture]:
    """Yield the pictures of flipped images, as many as fit."""
    flips, names, left = flips_by_image(findings), findings.result.images.class_names, _PICTURES_BYTES
    for picture in findings.result.images.pictures:
        of_it = flips.get(picture.image)
        left -= len(picture.png)
        if of_it is None or left < 0 or not _BASE64.fullmatch(picture.png):
            continue
        assert findings.baseline is not None
        first, label = of_it[0], of_it[0].label
        said = [(first.baseline_answer, f"{plain(findings.baseline.case.name)} (baseline)")]
        said += [(answer, ", ".join(cases)) for answer, cases in answers_of(of_it)]
        yield FlippedPicture(
            picture.image,
            picture.png,
            None if label is None else plain(names[label]),
            tuple((plain(names[answer]) + (" ✓" if answer == label else ""), who) for answer, who in said),
        )
