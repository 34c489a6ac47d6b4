"""`edgecnn bench --on`: the same benchmark on other machines, and one report of all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from edgecnn.bench.limits import BenchLimits
    from edgecnn.bench.result import Result
    from edgecnn.deploy.fleet import Outcome
    from edgecnn.deploy.hosts import Host
    from edgecnn.deploy.remote_bench import Measurement

_THERE = frozenset(
    (
        "quick", "processes", "rounds", "min_seconds", "min_samples", "fps", "mlperf_tiny", "profile", "wait_cool",
        "seed", "timeout", "threads", "backends",
    )
)  # fmt: skip
"""Options that the devices get as well."""

_ONLY_HERE = frozenset(
    (
        "paths", "data", "out", "on", "hosts_file", "offline", "strict", "resume", "as_json", "max_drop", "max_latency",
        "max_size", "max_memory", "baseline",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Job:
    """A benchmark for several machines.

    Attributes:
        here: makes the same on this machine, into the folder that it is given.
    """

    on: str
    hosts_file: Path | None
    offline: bool
    paths: tuple[Path, ...]
    data: str
    out: Path
    limits: BenchLimits
    here: Callable[[Path], Result]


def bench_on(job: Job, *, as_json: bool, strict: bool) -> None:
    """Measure on all machines, and write the reports of each and one of all.

    Raises:
        DeviceError: after that, where a device failed.
        MeasurementError: where no artifact could be measured on one.
        GateError, KeyboardInterrupt: as `enforce`.
    """
    from edgecnn.bench.findings import find
    from edgecnn.bench.reports import write_reports
    from edgecnn.bench.reports.page import missing_packages
    from edgecnn.cli.bench_options import enforce
    from edgecnn.cli.report import refuse_empty
    from edgecnn.cli.screen import print_json
    from edgecnn.deploy import merged_html
    from edgecnn.deploy.fleet import check
    from edgecnn.deploy.hosts import choose, read_hosts
    from edgecnn.deploy.merged import REPORT_NAME, Section, to_merged
    from edgecnn.files import write_atomic

    outcomes = _measure(job, choose(job.on, read_hosts(job.hosts_file)))
    sections = []
    for outcome in outcomes:
        found = None if outcome.value is None else find(outcome.value, job.limits)
        if found is not None:
            write_reports(found, job.out / outcome.host.folder)
        sections.append(Section(outcome.host.name, outcome.host.folder, found, str(outcome.error or "")))
    written = {REPORT_NAME: to_merged(tuple(sections))}
    if missing_packages() is None:
        written[merged_html.REPORT_NAME] = merged_html.to_merged_html(tuple(sections))
    for name, text in written.items():
        write_atomic(job.out / name, text.encode())
    if as_json:
        print_json([_row(one, job.out) for one in sections])
    else:
        for one in sections:
            first = (*one.findings.verdict, "measured")[0] if one.findings else f"not measured: {one.why}"
            emulated = "emulated, no figure of a real device: " if one.findings and _is_emulated(one.findings) else ""
            click.echo(f"{one.name}: {emulated}{first}")
        click.echo(f"One section a device, in {job.out}: {', '.join(written)}")
    check(outcomes)
    for one in sections:
        if one.findings:
            refuse_empty(one.findings)
            enforce(one.findings, strict=strict)


def options_for_devices() -> tuple[str, ...]:
    """Return the options of the running command that devices get too, as they were given.

    Raises:
        click.UsageError: one was given that means nothing on another machine.
    """
    context = click.get_current_context()
    words: list[str] = []
    for parameter in context.command.params:
        name = str(parameter.name)
        if context.get_parameter_source(name) is not ParameterSource.COMMANDLINE or name in _ONLY_HERE:
            continue
        if name not in _THERE:
            raise click.UsageError(
                f"{parameter.opts[0]} does not go with --on; write a side file beside the model (see docs/backends.md)"
            )
        value = context.params[name]
        words.append(parameter.opts[0])
        if not getattr(parameter, "is_flag", False):
            words.append(",".join(map(str, value)) if isinstance(value, tuple) else str(value))
    return tuple(words)


def _measure(job: Job, hosts: tuple[Host, ...]) -> tuple[Outcome[Result], ...]:
    """Return what came of each machine, in the order given; this one is measured when the others have ended."""
    from edgecnn.bench.result import RESULT_NAME
    from edgecnn.cli.deploy import reporter
    from edgecnn.deploy import remote_bench
    from edgecnn.deploy.environment import own_wheel
    from edgecnn.deploy.fleet import Outcome, on_each
    from edgecnn.deploy.hosts import HERE
    from edgecnn.deploy.prepare import Order
    from edgecnn.deploy.shipment import pack_artifacts
    from edgecnn.errors import EdgecnnError
    from edgecnn.files import write_atomic

    away = tuple(host for host in hosts if host.name not in HERE)
    found: dict[str, Outcome[Result]] = {}
    report = reporter(hosts)
    if away:
        order = Order(own_wheel(), pack_artifacts(job.paths), is_offline=job.offline)
        measurement = _measurement(job)
        for outcome in on_each(
            away,
            lambda host, connection, say: remote_bench.bench_on(
                host,
                connection,
                order,
                measurement,
                say,
                keep=lambda result: write_atomic(job.out / host.folder / RESULT_NAME, result.to_json()),
            ),
            report,
        ):
            found[outcome.host.name] = outcome
    for host in hosts:
        if host.name in HERE:
            try:
                found[host.name] = Outcome(host, job.here(job.out / host.folder))
            except EdgecnnError as error:
                report(host, "FAILED", str(error))
                found[host.name] = Outcome(host, None, error)
    return tuple(found[host.name] for host in hosts)


def _measurement(job: Job) -> Measurement:
    from edgecnn.data.sources import NAMED
    from edgecnn.deploy.remote_bench import Measurement
    from edgecnn.deploy.shipment import pack_data

    return Measurement(options_for_devices(), job.data if job.data in NAMED else pack_data(Path(job.data)))


def _is_emulated(findings: Any) -> bool:
    return bool(findings.result.machine.emulated)


def _row(section: Any, out: Path) -> dict[str, Any]:
    findings = section.findings
    return {
        "host": section.name,
        "ok": findings is not None,
        "error": section.why or None,
        "emulated": None if findings is None else _is_emulated(findings),
        "verdict": [] if findings is None else list(findings.verdict),
        "result": None if findings is None else str(out / section.folder / "result.json"),
    }
