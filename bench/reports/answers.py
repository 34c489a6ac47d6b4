"""The answers of the cases: by class, by pair of cases, confused classes, and images on which cases differ."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from edgecnn.bench.case import Role
from edgecnn.bench.reports.answer_tables import agreement, answers_of, flipped, flips_by_image, per_class
from edgecnn.reporting.blocks import Block, CaptionedPicture, ConfusionMatrix, Folded, Group, Paragraph, Pictures, Table

if TYPE_CHECKING:
    from edgecnn.bench.findings import Findings

MOST_CLASSES = 24
"""A matrix with more classes is too large to read: the most frequent errors are listed instead."""
_MOST_ERRORS = 25
_MOST_FLIPS = 50
_PICTURES_BYTES = 700_000
"""The size of all pictures together, so that a page stays below two megabytes."""
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


def answer_blocks(findings: Findings) -> Iterable[Block | None]:
    """Yield the blocks of the section, None for those that do not apply."""
    yield per_class(findings)
    yield agreement(findings) if findings.summaries else None
    yield _confusions(findings)
    yield _flips(findings)


def _confusions(findings: Findings) -> Group | None:
    """Return the confusion matrices of a run, one for equal ones; None if there are none."""
    alike: dict[tuple[tuple[int, ...], ...], list[str]] = {}
    for summary in findings.summaries:
        if summary.accuracy and summary.accuracy.confusion and summary.case.role not in {Role.TWIN, Role.REFERENCE}:
            alike.setdefault(summary.accuracy.confusion, []).append(summary.case.name)
    if not alike:
        return None
    classes = findings.result.images.class_names
    matrices = []
    for number, (counts, cases) in enumerate(alike.items(), 1):
        names = ", ".join(cases)
        matrices.append(Folded(names, (_confusion(number, names, classes, counts),), is_open=number == 1))
    return Group("Confusion matrices", tuple(matrices))


def _confusion(
    number: int, cases: str, classes: tuple[str, ...], counts: tuple[tuple[int, ...], ...]
) -> ConfusionMatrix | Table:
    if len(classes) <= MOST_CLASSES:
        title = f"Rows: labels. Columns: answers of {cases}"
        return ConfusionMatrix(f"confusion-{number}", title, classes, counts)
    errors = [
        (classes[label], classes[answer], count)
        for label, row in enumerate(counts)
        for answer, count in enumerate(row)
        if count and label != answer
    ]
    worst = sorted(errors, key=lambda error: -error[2])[:_MOST_ERRORS]
    rows = tuple((label, answer, f"{count:,}") for label, answer, count in worst)
    title = f"Most frequent errors of {cases}"
    return Table(f"confusion-{number}", title, ("label", "answer", "images"), rows, texts=2)


def _flips(findings: Findings) -> Group | None:
    """Return the images on which a case and the baseline differ; None if there are none."""
    table = flipped(findings, _MOST_FLIPS)
    if table is None:
        return None
    pictures = tuple(_pictures(findings))
    return Group(
        table.title,
        (
            Paragraph(table.note),
            *([Pictures(pictures, f"{len(pictures)} of them as pictures; ✓ is the right answer.")] if pictures else []),
            Folded("As a table", (replace(table, note=""),), is_open=not pictures),
        ),
    )


def _pictures(findings: Findings) -> Iterable[CaptionedPicture]:
    """Yield the pictures of images with changed answers, as many as fit."""
    flips, left = flips_by_image(findings), _PICTURES_BYTES
    for picture in findings.result.images.pictures:
        flips_here = flips.get(picture.image)
        left -= len(picture.png)
        if flips_here is None or left < 0 or not _BASE64.fullmatch(picture.png):
            continue
        assert findings.baseline is not None
        first, label = flips_here[0], flips_here[0].label
        answers = [(first.baseline_answer, f"{findings.baseline.case.name} (baseline)")]
        answers += [(answer, ", ".join(cases)) for answer, cases in answers_of(flips_here)]
        yield CaptionedPicture(
            picture.png,
            f"Image {picture.image}" + ("" if label is None else f", labelled {label}"),
            "no label" if label is None else label,
            f"image {picture.image}",
            tuple((answer + (" ✓" if answer == label else ""), who) for answer, who in answers),
        )
