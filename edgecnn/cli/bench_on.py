"""`edgecnn bench --on`: the same benchmark on other machines, and one report for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from edgecnn.cli.bench_options import settings_options
from edgecnn.cli.feeding_options import feeding_options, loading_options
from edgecnn.cli.limit_options import asked_limits

if TYPE_CHECKING:
    from pathlib import Path

    from edgecnn.bench.limits import BenchLimits
    from edgecnn.deploy.hosts import Host
    from edgecnn.deploy.measure import FleetBench
    from edgecnn.deploy.report import DeviceFindings
    from edgecnn.reporting.formats import Written

_THERE = frozenset((*settings_options.names, "threads", "backends"))
"""Options that are also passed to the devices."""


def bench_on(hosts: tuple[Host, ...], job: FleetBench, limits: BenchLimits, *, as_json: bool, strict: bool) -> None:
    """Measure on all machines, write the reports, print their location, and raise the first failure.

    Raises:
        DeviceError, GateError: a device failed.
        MeasurementError: no artifact could be measured on one of them.
        GateError, KeyboardInterrupt: as in `enforce`.
    """
    from edgecnn.bench.enforce import enforce, refuse_empty
    from edgecnn.cli.deploy import reporter
    from edgecnn.deploy.fleet import check
    from edgecnn.deploy.measure import find_each, measure, write_all

    results = measure(hosts, job, reporter(hosts))
    devices = find_each(results, limits)
    _print_devices(devices, write_all(devices, job.out), as_json=as_json)
    check(results)
    for device in devices:
        if device.findings is not None:
            refuse_empty(device.findings)
            enforce(device.findings, asked=asked_limits(), strict=strict)


def options_for_devices(hosts: tuple[Host, ...]) -> tuple[str, ...]:
    """Return the words of the running command's options that are also passed to the devices.

    Raises:
        click.UsageError: an option was given that has no meaning on another machine.
    """
    from edgecnn.deploy.hosts import HERE

    if all(host.name in HERE for host in hosts):
        return ()
    context = click.get_current_context()
    words: list[str] = []
    for parameter in context.command.params:
        name = str(parameter.name)
        if context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        if name in (*feeding_options.names, *loading_options.names):
            raise click.UsageError(
                f"{parameter.opts[0]} does not go with --on; write a side file beside the model (see docs/backends.md)"
            )
        if name in _THERE:
            words += _words(parameter, context.params[name])
    return tuple(words)


def _words(parameter: click.Parameter, value: Any) -> tuple[str, ...]:
    option = parameter.opts[0]
    if getattr(parameter, "is_flag", False):
        return (option,)
    return (option, ",".join(map(str, value)) if isinstance(value, tuple) else str(value))


def _print_devices(devices: tuple[DeviceFindings, ...], written: Written, *, as_json: bool) -> None:
    from edgecnn.cli.screen import print_json, print_line

    if as_json:
        print_json([_row(device, written.folder) for device in devices])
        return
    for device in devices:
        print_line(f"{device.name}: {_line(device)}")
    for note in written.notes:
        print_line(f"note: {note}")
    print_line(f"One section per device, in {written.folder}: {', '.join(written.files)}")


def _line(device: DeviceFindings) -> str:
    if device.findings is None:
        return f"not measured: {device.why}"
    emulated = "emulated, not figures of a real device: " if device.is_emulated else ""
    return emulated + (*device.findings.verdict, "measured")[0]


def _row(device: DeviceFindings, out: Path) -> dict[str, Any]:
    from edgecnn.bench.result import RESULT_NAME

    findings = device.findings
    return {
        "host": device.name,
        "ok": findings is not None,
        "error": device.why or None,
        "emulated": None if findings is None else device.is_emulated,
        "verdict": [] if findings is None else list(findings.verdict),
        "result": None if findings is None else str(out / device.folder / RESULT_NAME),
    }
