"""Which classes are taken for which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgecnn.bench.case import Role
from edgecnn.text import plain

if TYPE_CHECKING:
    from edgecnn.bench.findings import Findings

MOST_CLASSES = 24
"""A matrix of more classes is too large to be read: then the most frequent errors are listed."""
_MOST_ERRORS = 25


@dataclass(frozen=True, slots=True)
class Confusion:
    """The answers of cases that all gave the same ones to the same classes.

    Attributes:
        cases: their names.
        classes: names.
        counts: images of each class (row) with each answer (column); empty for many classes.
        errors: label, answer and number of images, the most frequent first; empty for few classes.
    """

    cases: tuple[str, ...]
    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    errors: tuple[tuple[str, str, int], ...]


def confusions(findings: Findings) -> tuple[Confusion, ...]:
    """Return the different confusion matrices of a run; empty where the images have no labels."""
    alike: dict[tuple[tuple[int, ...], ...], list[str]] = {}
    for one in findings.summaries:
        if one.accuracy is not None and one.case.role not in {Role.TWIN, Role.REFERENCE}:
            alike.setdefault(one.accuracy.confusion, []).append(plain(one.case.name))
    classes = tuple(plain(name) for name in findings.result.images.class_names)
    return tuple(_confusion(counts, tuple(cases), classes) for counts, cases in alike.items())


def _confusion(counts: tuple[tuple[int, ...], ...], cases: tuple[str, ...], classes: tuple[str, ...]) -> Confusion:
    if len(classes) <= MOST_CLASSES:
        return Confusion(cases, classes, counts, ())
    found = [
        (classes[label], classes[answer], count)
        for label, row in enumerate(counts)
        for answer, count in enumerate(row)
        if count and label != answer
    ]
    return Confusion(cases, classes, (), tuple(sorted(found, key=lambda error: -error[2])[:_MOST_ERRORS]))
