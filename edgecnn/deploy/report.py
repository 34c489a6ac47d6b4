"""The report of a benchmark on several devices: a section for all, then one for each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from edgecnn.bench.compare.comparison import Run
from edgecnn.bench.compare.document import side_by_side
from edgecnn.bench.findings import Findings
from edgecnn.bench.reports.case_tables import overview
from edgecnn.bench.reports.document import cautions
from edgecnn.reporting.blocks import Badge, Badges, Block, Paragraph, ReportLink, Table
from edgecnn.reporting.document import Document, Section

_COLUMNS = ("device", "machine", "state")


@dataclass(frozen=True, slots=True)
class DeviceFindings:
    """A device in the report.

    Attributes:
        name: of the device.
        folder: of its own reports, relative to this one.
        findings: None if it was not measured.
        why: the reason if it was not measured.
    """

    name: str
    folder: str
    findings: Findings | None
    why: str = ""

    @property
    def is_emulated(self) -> bool:
        """Whether it was measured in an emulator, so that its latencies are not those of a device."""
        return self.findings is not None and bool(self.findings.result.machine.emulated)


def fleet_document(devices: tuple[DeviceFindings, ...]) -> Document:
    """Return the report, which lists devices that were not measured with the reason."""
    runs = tuple(Run(device.name, device.findings) for device in devices if device.findings is not None)
    failed = len(devices) - len(runs)
    badge = Badge(f"{failed} of {len(devices)} not measured", False) if failed else Badge("all measured", True)
    states = Table("states", "Devices", _COLUMNS, tuple(map(_row, devices)), texts=len(_COLUMNS))
    together = side_by_side(runs).blocks if runs else ()
    return Document(
        product="edgecnn bench",
        title="Several devices",
        badges=(badge,),
        sections=(
            Section("all", "Side by side", (states, *together)),
            *(_section(device, number) for number, device in enumerate(devices, 1)),
        ),
    )


def _row(device: DeviceFindings) -> tuple[str, ...]:
    """Return the name, machine and state of a device."""
    if device.findings is None:
        return (device.name, "", f"not measured: {device.why}")
    machine = device.findings.result.machine
    states = ["measured"]
    if machine.emulated:
        states.append("emulated: no latency of a real device")
    elif device.findings.is_disturbed:
        states.append("disturbed")
    if not device.findings.result.is_complete:
        states.append("not complete")
    return (device.name, machine.model or machine.cpu or machine.architecture, ", ".join(states))


def _section(device: DeviceFindings, number: int) -> Section:
    return Section(f"device-{number}", device.name, tuple(_blocks(device, number)))


def _blocks(device: DeviceFindings, number: int) -> Iterable[Block]:
    if device.findings is None:
        yield Paragraph(f"Not measured: {device.why}.")
        return
    if device.is_emulated:
        yield Badges((Badge("emulated processor: no latency here is a real device's", False),))
    yield from map(Paragraph, device.findings.verdict)
    yield from cautions(device.findings)
    yield replace(overview(device.findings), name=f"overview-{number}")
    rest = ", with method and machine."
    yield ReportLink(f"The full report of {device.name}", device.folder, rest)
