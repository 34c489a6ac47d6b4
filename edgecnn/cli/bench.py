"""`edgecnn bench`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgecnn.cli.bench_options import settings_options
from edgecnn.cli.deploy import device_options
from edgecnn.cli.feeding_options import feeding_options, loading_options
from edgecnn.cli.limit_options import asked_limits, bench_limits
from edgecnn.cli.option_types import THREAD_COUNTS, BackendNames
from edgecnn.cli.options import as_json
from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasLoading

if TYPE_CHECKING:
    from edgecnn.bench.limits import BenchLimits
    from edgecnn.bench.result import Result
    from edgecnn.bench.settings import Settings


@click.command("bench")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--data", default="sample", show_default=True, help="Images to classify: a name, a folder, or an .npz file."
)
@click.option(
    "--baseline", metavar="MODEL", help="The original Keras model.  [default: the one named in the artifacts]"
)
@click.option("--backends", type=BackendNames(), help="Runtimes to use.  [default: all that are installed]")
@click.option(
    "--threads", type=THREAD_COUNTS, default="1", show_default=True, help="Thread counts to measure, such as 1,2,4."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("edgecnn-bench"),
    show_default=True,
    help="Folder for result.json and the reports.",
)
@settings_options
@bench_limits
@click.option("--resume", is_flag=True, help="Continue a stopped run in OUT that had the same settings.")
@click.option("--strict", is_flag=True, help="Exit with status 3 if the run was disturbed.")
@click.option("--on", metavar="HOST[,HOST…]", help="Measure on these devices over ssh; `here` is this machine.")
@device_options
@feeding_options
@loading_options
@as_json
def command(
    paths: tuple[Path, ...],
    data: str,
    baseline: str | None,
    backends: tuple[str, ...] | None,
    threads: tuple[int, ...],
    out: Path,
    settings: Settings,
    limits: BenchLimits,
    resume: bool,
    strict: bool,
    on: str | None,
    hosts_file: Path | None,
    offline: bool,
    feeding: Feeding,
    loading: KerasLoading,
    as_json: bool,
) -> None:
    """Compare accuracy, latency and memory of artifacts with the original Keras model.

    PATHS are folders made by `edgecnn export`, or single .tflite and .onnx files. Without them the shipped model
    is exported to OUT/artifacts first. Each artifact is measured on each installed runtime that can run it. Each case
    runs in three fresh processes, and the cases take turns in random order, so that a drift of the machine affects
    all of them alike. The original model is measured twice: the difference between its two results is noise.

    \b
    edgecnn bench out --data photos/val                  every file on every runtime, next to Keras
    edgecnn bench out --threads 1,2,4 --max-latency 5    which file and thread count meet 5 ms
    edgecnn bench out --profile --mlperf-tiny            time by operation, and MLPerf Tiny's five windows
    edgecnn bench out --on pi@kitchen.local,here         on a Raspberry Pi and here, in one report

    Ctrl-C writes reports of the results so far. The exit status is 3 if limits were set and, on any of the devices,
    no artifact is shown to meet them, or if a run was disturbed and --strict was given.
    """
    from edgecnn.bench.api import bench
    from edgecnn.bench.enforce import enforce
    from edgecnn.bench.findings import find
    from edgecnn.bench.journal import JOURNAL_NAME
    from edgecnn.bench.reports import write_reports
    from edgecnn.cli.bench_on import bench_on, options_for_devices
    from edgecnn.cli.report import print_findings
    from edgecnn.cli.screen import print_line, progress_bar
    from edgecnn.deploy.hosts import choose, read_hosts
    from edgecnn.deploy.measure import FleetBench
    from edgecnn.export.shipped import export_shipped
    from edgecnn.files import check_writable

    check_writable(out)
    with progress_bar() as progress:
        paths = paths or (export_shipped(out / "artifacts", keep=resume, progress=progress),)

        def here(folder: Path) -> Result:
            was_stopped = (folder / JOURNAL_NAME).exists()
            if was_stopped and not resume:
                print_line(f"{folder} has a stopped run; it will be overwritten (--resume continues it)", err=True)
            return bench(
                paths, data=data, baseline=baseline, backends=backends, feeding=feeding, loading=loading,
                threads=threads, settings=settings, folder=folder,
                resume=resume and (on is None or was_stopped), progress=progress,
            )  # fmt: skip

        if on is not None:
            hosts = choose(on, read_hosts(hosts_file))
            job = FleetBench(paths, data, out, options_for_devices(hosts), offline, here)
            bench_on(hosts, job, limits, as_json=as_json, strict=strict)
            return
        result = here(out)
    findings = find(result, limits)
    print_findings(findings, write_reports(findings, out), as_json=as_json)
    enforce(findings, asked=asked_limits(), strict=strict)
