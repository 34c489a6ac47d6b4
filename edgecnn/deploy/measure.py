"""A benchmark on several machines, with a report for each and one for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edgecnn.bench.findings import find
from edgecnn.bench.limits import BenchLimits
from edgecnn.bench.reports import write_reports
from edgecnn.bench.result import RESULT_NAME, Result
from edgecnn.data.sources import NAMED
from edgecnn.deploy.environment import own_wheel
from edgecnn.deploy.fleet import HostResult, OnStep, on_each
from edgecnn.deploy.hosts import HERE, Host
from edgecnn.deploy.prepare import Order, Say
from edgecnn.deploy.remote_bench import Measurement, bench_on
from edgecnn.deploy.report import DeviceFindings, fleet_document
from edgecnn.deploy.shipment import pack_artifacts, pack_data
from edgecnn.deploy.ssh import Connection
from edgecnn.errors import EdgecnnError
from edgecnn.files import write_atomic
from edgecnn.reporting.formats import Written, write_document


@dataclass(frozen=True, slots=True)
class FleetBench:
    """A benchmark for several machines.

    Attributes:
        paths: folders of artifacts, or single files.
        data: name or path of the images.
        out: folder for the reports; each machine has a folder in it.
        options: of `edgecnn bench` on the devices, except paths, data and folder.
        is_offline: whether the devices cannot reach a package index.
        here: runs the same benchmark on this machine, with the given output folder.
    """

    paths: tuple[Path, ...]
    data: str
    out: Path
    options: tuple[str, ...]
    is_offline: bool
    here: Callable[[Path], Result]


def measure(hosts: tuple[Host, ...], job: FleetBench, report: OnStep) -> tuple[HostResult[Result], ...]:
    """Return the result or error of each machine, in the order of `hosts`.

    Devices are measured at the same time; this machine is measured after they have finished. Each result is written to
    the machine's folder as soon as it is available.

    Args:
        hosts: the machines; this one if its name is in `HERE`.
        job: what to measure.
        report: called for each step.
    """
    away = tuple(host for host in hosts if host.name not in HERE)
    results = {result.host.name: result for result in _measure_away(away, job, report)} if away else {}
    for host in hosts:
        if host.name in HERE:
            results[host.name] = _measure_here(host, job, report)
    return tuple(results[host.name] for host in hosts)


def _measure_away(hosts: tuple[Host, ...], job: FleetBench, report: OnStep) -> tuple[HostResult[Result], ...]:
    order = Order(own_wheel(), pack_artifacts(job.paths), is_offline=job.is_offline)
    measurement = Measurement(job.options, job.data if job.data in NAMED else pack_data(Path(job.data)))

    def work(host: Host, connection: Connection, say: Say) -> Result:
        def keep(result: Result) -> None:
            write_atomic(job.out / host.folder / RESULT_NAME, result.to_json())

        return bench_on(host, connection, order, measurement, say, keep=keep)

    return on_each(hosts, work, report)


def _measure_here(host: Host, job: FleetBench, report: OnStep) -> HostResult[Result]:
    try:
        return HostResult(host, job.here(job.out / host.folder))
    except EdgecnnError as error:
        report(host, "FAILED", str(error))
        return HostResult(host, None, error)


def find_each(results: tuple[HostResult[Result], ...], limits: BenchLimits) -> tuple[DeviceFindings, ...]:
    """Return the findings of each machine's result under `limits`."""
    return tuple(
        DeviceFindings(
            result.host.name,
            result.host.folder,
            None if result.value is None else find(result.value, limits),
            str(result.error or ""),
        )
        for result in results
    )


def write_all(devices: tuple[DeviceFindings, ...], out: Path) -> Written:
    """Write a report for each machine and one for all into a folder; return the files of the latter.

    Raises:
        OutputError: the folder cannot be written to.
    """
    for device in devices:
        if device.findings is not None:
            write_reports(device.findings, out / device.folder)
    return write_document(fleet_document(devices), out)
