"""The report of a comparison."""

from __future__ import annotations

from dataclasses import replace

from edgecnn.bench.compare.comparison import Comparison, Run
from edgecnn.bench.compare.runs import ComparedRuns
from edgecnn.bench.compare.tables import changes, details, devices
from edgecnn.bench.compare.words import METHOD, headline, limits, notes
from edgecnn.reporting.blocks import Badge, Folded, Paragraph, Points
from edgecnn.reporting.document import Document, Section


def comparison_document(compared: ComparedRuns) -> Document:
    """Return the report, with a section for each comparison and one for the devices."""
    return Document(
        product="edgecnn compare",
        title="What changed" if compared.comparisons else "Devices side by side",
        badges=(_badge(compared),) if compared.comparisons else (),
        verdict=headline(compared),
        sections=(
            *(_section(comparison, number) for number, comparison in enumerate(compared.comparisons, 1)),
            *([side_by_side(compared.devices)] if compared.devices else []),
        ),
    )


def side_by_side(runs: tuple[Run, ...]) -> Section:
    """Return a section with one column per device."""
    return Section("side-by-side", "Side by side", (devices(runs),))


def _badge(compared: ComparedRuns) -> Badge:
    if compared.is_regression:
        return Badge("regression", False)
    return Badge("no regression", True) if compared.is_certain else Badge("no regression shown")


def _section(comparison: Comparison, number: int) -> Section:
    points = Points((*notes(comparison), limits(comparison)))
    return Section(
        f"comparison-{number}",
        f"{comparison.old.name} → {comparison.new.name}",
        (
            replace(changes(comparison), name=f"changes-{number}"),
            Folded(
                "Other figures, notes and method",
                (replace(details(comparison), name=f"details-{number}"), points, Paragraph(METHOD)),
                is_open=True,
            ),
        ),
    )
