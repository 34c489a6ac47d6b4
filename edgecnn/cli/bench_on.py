"""`edgecnn bench --on`: the same benchmark on other machines, and one report of all."""

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
    from edgecnn.deploy.merged import Section

_THERE = frozenset((*settings_options.names, "threads", "backends"))
"""Options that the devices get as well."""


def bench_on(hosts: tuple[Host, ...], job: FleetBench, limits: BenchLimits, *, as_json: bool, strict: bool) -> None:
    """Measure on all machines, write the reports, print where they are, and raise what went wrong.

    Raises:
        DeviceError, GateError: a device failed.
        MeasurementError: no artifact could be measured on one.
        GateError, KeyboardInterrupt: as `enforce`.
    """
    from edgecnn.bench.enforce import enforce, refuse_empty
    from edgecnn.cli.deploy import reporter
    from edgecnn.deploy.fleet import check
    from edgecnn.deploy.measure import find_sections, measure, write_sections

    results = measure(hosts, job, reporter(hosts))
    sections = find_sections(results, limits)
    _print_sections(sections, job.out, write_sections(sections, job.out), as_json=as_json)
    check(results)
    for section in sections:
        if section.findings is not None:
            refuse_empty(section.findings)
            enforce(section.findings, asked=asked_limits(), strict=strict)


def options_for_devices(hosts: tuple[Host, ...]) -> tuple[str, ...]:
    """Return the options of the running command that devices get too, as they were given.

    Raises:
        click.UsageError: one was given that means nothing on another machine.
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


def _print_sections(sections: tuple[Section, ...], out: Path, written: tuple[str, ...], *, as_json: bool) -> None:
    from edgecnn.cli.screen import print_json, print_line

    if as_json:
        print_json([_row(section, out) for section in sections])
        return
    for section in sections:
        print_line(f"{section.name}: {_line(section)}")
    print_line(f"One section a device, in {out}: {', '.join(written)}")


def _line(section: Section) -> str:
    if section.findings is None:
        return f"not measured: {section.why}"
    emulated = "emulated, no figure of a real device: " if section.is_emulated else ""
    return emulated + (*section.findings.verdict, "measured")[0]


def _row(section: Section, out: Path) -> dict[str, Any]:
    from edgecnn.bench.result import RESULT_NAME

    findings = section.findings
    return {
        "host": section.name,
        "ok": findings is not None,
        "error": section.why or None,
        "emulated": None if findings is None else section.is_emulated,
        "verdict": [] if findings is None else list(findings.verdict),
        "result": None if findings is None else str(out / section.folder / RESULT_NAME),
    }
