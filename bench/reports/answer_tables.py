"""The tables of answers: by class, by pair of cases, and by image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgecnn.bench.reports.formatting import percent
from edgecnn.bench.reports.table import name_of
from edgecnn.reporting.blocks import Table

if TYPE_CHECKING:
    from edgecnn.bench.findings import ChangedAnswer, Findings

MOST_CLASSES = 40
"""With more, only the classes are listed in which cases differ most."""


def per_class(findings: Findings) -> Table | None:
    """Return top-1 by class, one row per class; None if the images have no labels."""
    known = [(number, summary.accuracy) for number, summary in enumerate(findings.summaries, 1) if summary.accuracy]
    if not known:
        return None
    names = findings.result.images.class_names
    values = [[accuracy.per_class[number] for _, accuracy in known] for number in range(len(names))]
    spreads = [
        max((share.value for share in row if share), default=0)
        - min((share.value for share in row if share), default=0)
        for row in values
    ]
    chosen = sorted(sorted(range(len(names)), key=lambda number: -spreads[number])[:MOST_CLASSES])
    rows = tuple(
        (names[number], *(percent(share.value) if share else "" for share in values[number])) for number in chosen
    )
    note = "In percent of the images of each class. Cases are numbered as in the agreement table."
    if len(chosen) < len(names):
        note += f" Only the {len(chosen)} of {len(names):,} classes in which cases differ most are shown."
    return Table("classes", "Top-1 by class", ("class", *(f"{number}." for number, _ in known)), rows, note=note)


def agreement(findings: Findings) -> Table:
    """Return the percentage of images with the same answer, for each pair of cases."""
    names = [name_of(summary) for summary in findings.summaries]
    rows = tuple(
        (f"{number}. {name}", *(percent(share) for share in shares))
        for number, (name, shares) in enumerate(zip(names, findings.agreement, strict=True), 1)
    )
    columns = ("case", *(f"{number}." for number in range(1, len(names) + 1)))
    return Table("agreement", "Agreement: % of images with the same answer", columns, rows, is_heated=True)


def flipped(findings: Findings, most: int) -> Table | None:
    """Return the first `most` images on which a case and the baseline differ; None if there are none."""
    by_image = flips_by_image(findings)
    if not by_image:
        return None
    rows = tuple(
        (
            str(image),
            flips[0].label or "",
            flips[0].baseline_answer,
            "; ".join(f"{answer}: {', '.join(cases)}" for answer, cases in answers_of(flips)),
        )
        for image, flips in list(by_image.items())[:most]
    )
    note = f"{len(by_image):,} images in all" + (f"; the first {most}." if len(by_image) > most else ".")
    columns = ("image", "label", "baseline's answer", "other answers")
    return Table("flips", "Images on which a case and the baseline differ", columns, rows, note=note, texts=4)


def flips_by_image(findings: Findings) -> dict[int, tuple[ChangedAnswer, ...]]:
    """Return the changed answers by image, for the images that have any."""
    by_image: dict[int, tuple[ChangedAnswer, ...]] = {}
    for flip in sorted(findings.flips, key=lambda flip: flip.image):
        by_image[flip.image] = (*by_image.get(flip.image, ()), flip)
    return by_image


def answers_of(flips: tuple[ChangedAnswer, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return each answer that differs from the baseline's, with the names of the cases that gave it."""
    return tuple(
        (answer, tuple(flip.case for flip in flips if flip.answer == answer))
        for answer in dict.fromkeys(flip.answer for flip in flips)
    )
