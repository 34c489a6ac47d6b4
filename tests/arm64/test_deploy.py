"""Deployed to and measured on two emulated boards over ssh, as one would with two real ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgecnn.bench.findings import find
from edgecnn.bench.result import Result, read_result
from edgecnn.deploy.environment import own_wheel
from edgecnn.deploy.fleet import on_each
from edgecnn.deploy.hosts import Host
from edgecnn.deploy.prepare import Order
from edgecnn.deploy.remote_bench import Measurement, bench_on
from edgecnn.deploy.report import DeviceFindings, fleet_document
from edgecnn.deploy.shipment import pack_artifacts, pack_data
from edgecnn.reporting.markdown import to_markdown
from tests.deploy.conftest import Fleet
from tests.fakes.userland import Board, Userland

pytestmark = pytest.mark.slow

ENVIRONMENT = ".local/share/edgecnn"
QUICK = (
    "--quick", "--rounds", "6", "--min-seconds", "0.05", "--min-samples", "6", "--fps", "100", "--backends", "litert",
)  # fmt: skip


@pytest.fixture(scope="module")
def pis(userland: Userland, fleet: Fleet) -> dict[str, Board]:
    """Return two boards that nothing was ever installed on, each behind an sshd."""
    boards = {}
    for kind in ("pi4", "pi5"):
        boards[kind] = userland.board(kind, f"bare-{kind}")
        fleet.add(kind, str(boards[kind].enter))
    return boards


def test_deploying_makes_the_environment_and_verifies_on_both_boards(
    pis: dict[str, Board], edgecnn: Callable[..., Any], every_precision: Any
) -> None:
    ran = edgecnn("deploy", "pi4", every_precision.folder, "--offline", "--json")
    assert ran.status == 0, ran.err
    (row,) = json.loads(ran.out)
    assert row["machine"]["emulated"]
    assert row["machine"]["cpu"] == "Cortex-A72"
    # making it again would take a minute and show nothing new; it is the same system, and the same paths
    shutil.copytree(pis["pi4"].home / ENVIRONMENT, pis["pi5"].home / ENVIRONMENT, symlinks=True)
    ran = edgecnn("deploy", "pi4,pi5", every_precision.folder, "--json")
    assert ran.status == 0, ran.err
    fours, fives = json.loads(ran.out)
    assert fives["machine"]["cpu"] == "Cortex-A76"
    assert fives["machine"]["int8_instructions"]
    lines = ran.err.splitlines()
    assert any(line.startswith("pi4  copy         0 of 10 files") for line in lines)
    assert any(line.startswith("pi5  copy         10 of 10 files") for line in lines)
    assert sum("environment  already there" in line for line in lines) == 2
    assert sum("verify       9 artifacts give the same results" in line for line in lines) == 2
    assert fours["ok"]
    assert fives["ok"]


def test_two_boards_and_this_machine_make_one_report_and_one_that_is_cut_off_has_a_row(
    pis: dict[str, Board],
    fleet: Fleet,
    edgecnn: Callable[..., Any],
    every_precision: Any,
    small_data: Path,
    tmp_path: Path,
) -> None:
    file = every_precision.folder / "tutorial_cnn-int8.tflite"
    order = Order(own_wheel(), pack_artifacts((file,)))
    measurement = Measurement(QUICK, pack_data(small_data))
    cut = next(device for device in fleet.devices if device.name == "pi5")

    def report(host: Host, step: str, what: str) -> None:
        if host.name == "pi5" and step == "bench" and "taking turns" in what and cut.process is not None:
            cut.cut()

    hosts = (Host("pi4", "pi4"), Host("pi5", "pi5"))
    outcomes = on_each(hosts, lambda host, connection, say: bench_on(host, connection, order, measurement, say), report)
    found = {outcome.host.name: outcome for outcome in outcomes}
    assert isinstance(found["pi4"].value, Result), found["pi4"].error
    assert found["pi5"].value is None
    text = to_markdown(
        fleet_document(
            (
                DeviceFindings("pi4", "pi4", find(found["pi4"].value)),
                DeviceFindings("pi5", "pi5", None, str(found["pi5"].error)),
            )
        )
    )
    assert "| pi5 |  | not measured: " in text
    assert "emulated: no latency of a real device" in text

    cut.start()
    out = tmp_path / "bench"
    ran = edgecnn("bench", file, "--on", "pi4,pi5,here", "--data", small_data, *QUICK, "--out", out, "--json")
    rows = {row["host"]: row for row in json.loads(ran.out)}
    assert ran.status == 0, ran.err
    assert {name: row["emulated"] for name, row in rows.items()} == {"pi4": True, "pi5": True, "here": False}
    results = [read_result(Path(row["result"])) for row in rows.values()]
    assert len({result.images.sha256 for result in results}) == 1
    assert [result.machine.cpu for result in results[:2]] == ["Cortex-A72", "Cortex-A76"]
    written = (out / "report.md").read_text()
    assert [line for line in written.splitlines() if line.startswith("## ")] == [
        "## Side by side", "## pi4", "## pi5", "## here",
    ]  # fmt: skip
    assert written.count("**Emulated**") == 2
