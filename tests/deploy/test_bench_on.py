"""A benchmark on other machines: one report of all, and a lost connection costs nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgecnn.bench.findings import find
from edgecnn.bench.limits import BenchLimits
from edgecnn.bench.result import Result, read_result
from edgecnn.deploy.environment import own_wheel
from edgecnn.deploy.fleet import HostResult, on_each
from edgecnn.deploy.hosts import Host
from edgecnn.deploy.prepare import Order
from edgecnn.deploy.remote_bench import Measurement, bench_on
from edgecnn.deploy.report import DeviceFindings, fleet_document
from edgecnn.deploy.shipment import pack_artifacts, pack_data
from edgecnn.reporting.markdown import to_markdown
from tests.deploy.conftest import Fleet
from tests.fakes.sshd import Device

pytestmark = pytest.mark.slow

QUICK = ("--quick", "--rounds", "6", "--min-seconds", "0.05", "--min-samples", "6")


def test_a_device_and_this_machine_are_in_one_report_and_one_that_is_gone_has_a_row(
    ready: Device, fleet: Fleet, edgecnn: Callable[..., Any], shipped_export: Any, small_data: Path, tmp_path: Path
) -> None:
    fleet.shell("absent").cut()
    file, out = shipped_export.folder / "tutorial_cnn-int8.tflite", tmp_path / "bench"
    ran = edgecnn(
        "bench",
        file,
        "--on",
        "ready,absent,here",
        "--data",
        small_data,
        *QUICK,
        "--backends",
        "litert",
        "--out",
        out,
        "--json",
    )
    rows = {row["host"]: row for row in json.loads(ran.out)}
    assert ran.status == 1
    assert [row["ok"] for row in rows.values()] == [True, False, True]
    assert "Connection refused" in rows["absent"]["error"]
    there, here = (read_result(Path(rows[name]["result"])) for name in ("ready", "here"))
    assert there.images.sha256 == here.images.sha256
    assert [case.raw.ranked for case in there.cases if case.raw] == [case.raw.ranked for case in here.cases if case.raw]
    assert there.settings.min_samples == 6
    report = (out / "report.md").read_text()
    assert [line for line in report.splitlines() if line.startswith("## ")] == [
        "## Side by side", "## ready", "## absent", "## here",
    ]  # fmt: skip
    assert "Not measured: no ssh server is running there" in report
    assert (out / "ready" / "report.md").exists()
    page = (out / "report.html").read_text()
    assert 'href="ready/report.html"' in page
    assert "Not measured: no ssh server is running there" in page
    assert list((fleet.home("ready") / ".local/share/edgecnn/runs").iterdir()) == []


class Run:
    """A benchmark on the device `ready` that can be made again, and what it reports."""

    def __init__(self, folder: Path, data: Path) -> None:
        self.order = Order(own_wheel(), pack_artifacts((folder / "tutorial_cnn-int8.tflite",)))
        self.measurement = Measurement((*QUICK, "--backends", "litert"), pack_data(data))
        self.steps = list[tuple[str, str]]()
        self.kept = list[Result]()

    def __call__(self, on_step: Callable[[str, str], None] = lambda step, what: None) -> HostResult[Any]:
        def report(host: Host, step: str, what: str) -> None:
            self.steps.append((step, what))
            on_step(step, what)

        (outcome,) = on_each(
            (Host("ready", "ready"),),
            lambda host, connection, say: bench_on(
                host, connection, self.order, self.measurement, say, keep=self.kept.append
            ),
            report,
        )
        return outcome


def _cut_at(device: Device, wanted: str, *, power: bool) -> Callable[[str, str], None]:
    def on_step(step: str, what: str) -> None:
        if step == "bench" and wanted in what and device.process is not None:
            device.cut(power=power)

    return on_step


def test_a_device_that_goes_off_half_way_is_a_row_and_the_next_call_goes_on_from_the_journal(
    ready: Device, fleet: Fleet, shipped_export: Any, small_data: Path
) -> None:
    run = Run(shipped_export.folder, small_data)
    outcome = run(_cut_at(ready, "taking turns", power=True))
    ready.start()
    assert outcome.value is None
    assert "the connection was lost" in str(outcome.error)
    assert outcome.last_step == "bench"
    report = to_markdown(fleet_document((DeviceFindings("ready", "ready", None, str(outcome.error)),)))
    assert "| ready |  | not measured: the connection was lost" in report
    (folder,) = (fleet.home("ready") / ".local/share/edgecnn/runs").iterdir()
    assert not (folder / "status").exists()
    facts = (folder / "out" / "journal.jsonl").read_text().splitlines()[1]
    created = json.loads(facts)["record"]["created"]
    outcome = run()
    assert outcome.value is not None
    assert run.kept == [outcome.value]
    assert outcome.value.created == created
    assert outcome.value.is_complete


def test_a_benchmark_goes_on_while_the_connection_is_lost_and_is_fetched_by_the_next_call(
    ready: Device, fleet: Fleet, shipped_export: Any, small_data: Path
) -> None:
    run = Run(shipped_export.folder, small_data)
    outcome = run(_cut_at(ready, "taking turns", power=False))
    assert "the connection was lost" in str(outcome.error)
    (folder,) = (fleet.home("ready") / ".local/share/edgecnn/runs").iterdir()
    while not (folder / "status").exists():
        time.sleep(0.1)
    made = read_result(folder / "out" / "result.json")
    ready.start()
    assert run().value == made
    assert not folder.exists()


def test_a_benchmark_that_fails_there_says_why(
    ready: Device, edgecnn: Callable[..., Any], shipped_export: Any, tmp_path: Path
) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.txt").write_text("no picture")
    file = shipped_export.folder / "tutorial_cnn-int8.tflite"
    ran = edgecnn("bench", file, "--on", "ready", "--data", tmp_path / "pictures", "--out", tmp_path / "bench")
    assert ran.status == 1
    assert "the benchmark failed there: " in ran.err
    assert "picture" in ran.err
    assert "not measured" in ran.out


def test_how_a_foreign_file_is_fed_cannot_be_given_for_other_machines(
    fleet: Fleet, edgecnn: Callable[..., Any], shipped_export: Any, tmp_path: Path
) -> None:
    file = shipped_export.folder / "tutorial_cnn-int8.tflite"
    ran = edgecnn("bench", file, "--on", "nowhere", "--scale", "0..1", "--out", tmp_path / "bench")
    assert ran.status == 2
    assert "--scale does not go with --on" in ran.err


def test_an_emulated_device_is_marked_in_the_merged_report(
    ready: Device, shipped_export: Any, small_data: Path
) -> None:
    import dataclasses

    result = Run(shipped_export.folder, small_data)().value
    assert result is not None
    machine = dataclasses.replace(result.machine, emulated=True, emulator="QEMU user mode")
    found = find(dataclasses.replace(result, machine=machine), BenchLimits())
    report = to_markdown(fleet_document((DeviceFindings("pi", "pi", found),)))
    assert "emulated: no latency of a real device" in report
    assert "**Emulated**" in report
