"""One report of several devices: what came of each at the top, and a section for each."""

from __future__ import annotations

from dataclasses import dataclass

from edgecnn.bench.compare import markdown as comparison
from edgecnn.bench.compare.comparison import Run
from edgecnn.bench.compare.report import Report
from edgecnn.bench.findings import Findings
from edgecnn.bench.reports.markdown import to_markdown
from edgecnn.bench.result import RESULT_NAME
from edgecnn.text import markdown

REPORT_NAME = "report.md"

COLUMNS = ("device", "machine", "state", "verdict")

_EMULATED = "emulated: no latency of a real device"


@dataclass(frozen=True, slots=True)
class Section:
    """A device in the report.

    Attributes:
        name: of the device.
        folder: with its own reports, relative to this one.
        findings: None where it was not measured.
        why: it was not.
    """

    name: str
    folder: str
    findings: Findings | None
    why: str = ""

    @property
    def is_emulated(self) -> bool:
        """Whether it was measured in an emulator, so that its latencies are not those of a device."""
        return self.findings is not None and bool(self.findings.result.machine.emulated)


def to_merged(sections: tuple[Section, ...]) -> str:
    """Return the report as Markdown; devices that were not measured are in it, with the reason."""
    lines = ["# edgecnn bench on several devices", "", f"| {' | '.join(COLUMNS)} |", "|---|---|---|---|"]
    lines += ["| " + " | ".join(markdown(cell) for cell in row(section)) + " |" for section in sections]
    runs = tuple(Run(section.name, section.findings) for section in sections if section.findings is not None)
    if runs:
        lines += ["", "## Side by side", "", comparison.to_markdown(Report((), runs)).strip()]
    for section in sections:
        lines += ["", f"## {markdown(section.name)}", ""]
        if section.findings is None:
            lines += [f"Not measured: {markdown(section.why)}.", ""]
            continue
        if section.is_emulated:
            lines += ["**Emulated**: no latency below is that of a real device.", ""]
        lines += _body(to_markdown(section.findings, f"{section.folder}/{RESULT_NAME}"))
    return "\n".join([*lines, ""])


def row(section: Section) -> tuple[str, ...]:
    """Return what came of a device, a cell for each of `COLUMNS`."""
    if section.findings is None:
        return (section.name, "", f"not measured: {section.why}", "")
    machine = section.findings.result.machine
    states = ["measured"]
    if section.is_emulated:
        states.append(_EMULATED)
    elif section.findings.is_disturbed:
        states.append("disturbed")
    if not section.findings.result.is_complete:
        states.append("not complete")
    verdict = section.findings.verdict[0] if section.findings.verdict else ""
    return (section.name, machine.model or machine.cpu or machine.architecture, ", ".join(states), verdict)


def _body(report: str) -> list[str]:
    """Return the report of one device, its headings one level further down, and its title gone."""
    return [f"#{line}" if line.startswith("#") else line for line in report.splitlines() if not line.startswith("# ")]
