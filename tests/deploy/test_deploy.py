"""What is deployed is there, checked, and is not sent twice."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgecnn.artifact import read_manifest
from tests.deploy.conftest import Fleet
from tests.fakes.sshd import Device

pytestmark = pytest.mark.slow

LONGEST = "tutorial_cnn-float32.onnx"


@pytest.fixture
def artifacts(shipped_export: Any, tmp_path: Path) -> Path:
    """Return a copy of the artifacts, in a folder of a name of its own."""
    return Path(shutil.copytree(shipped_export.folder, tmp_path / f"out-{os.urandom(4).hex()}"))


def copied(text: str) -> str:
    return next(line for line in text.splitlines() if "  copy  " in line)


def test_only_what_changed_is_sent_and_a_file_that_was_damaged_there_is_replaced(
    ready: Device, fleet: Fleet, edgecnn: Callable[..., Any], artifacts: Path
) -> None:
    there = fleet.home("ready") / "edgecnn" / artifacts.name
    first, again = edgecnn("deploy", "ready", artifacts), edgecnn("deploy", "ready", artifacts)
    assert (first.status, again.status) == (0, 0)
    assert "already there" in first.err
    count = len(read_manifest(artifacts).artifacts) + 1
    assert f"{count} of {count} files" in copied(first.err)
    assert f"0 of {count} files, 0.0 MB" in copied(again.err)
    (there / LONGEST).write_bytes(b"damaged")
    repaired = edgecnn("deploy", "ready", artifacts)
    assert f"1 of {count} files" in copied(repaired.err)
    assert (there / LONGEST).read_bytes() == (artifacts / LONGEST).read_bytes()


def test_files_of_an_older_export_are_removed_and_others_stay(
    ready: Device, fleet: Fleet, edgecnn: Callable[..., Any], artifacts: Path
) -> None:
    there = fleet.home("ready") / "edgecnn" / artifacts.name
    assert edgecnn("deploy", "ready", artifacts).status == 0
    (there / "mine.txt").write_text("kept")
    manifest = json.loads((artifacts / "manifest.json").read_text())
    manifest["artifacts"] = [one for one in manifest["artifacts"] if one["file"] != LONGEST]
    (artifacts / "manifest.json").write_text(json.dumps(manifest))
    (artifacts / LONGEST).unlink()
    assert edgecnn("deploy", "ready", artifacts).status == 0
    assert not (there / LONGEST).exists()
    assert (there / "mine.txt").read_text() == "kept"
    assert {one.file for one in read_manifest(there).artifacts} == {one["file"] for one in manifest["artifacts"]}


def test_a_connection_lost_while_files_arrive_is_one_line_and_the_next_call_goes_on(
    ready: Device, fleet: Fleet, edgecnn: Callable[..., Any], artifacts: Path
) -> None:
    there = fleet.home("ready") / "edgecnn" / artifacts.name
    enter = Path(ready.enter)
    normal = enter.read_text()
    enter.write_text(normal.replace("exec /bin/sh", LOSES_THE_CONNECTION + "exec <in /bin/sh"))
    try:
        ran = edgecnn("deploy", "ready", artifacts)
    finally:
        enter.write_text(normal)
    count = len(read_manifest(artifacts).artifacts) + 1
    assert ran.status == 1
    assert "FAILED       the connection was lost" in ran.err.splitlines()[-2]
    arrived = [path.name for path in there.iterdir()]
    assert arrived == ["tutorial_cnn-float32.tflite"]
    again = edgecnn("deploy", "ready", artifacts)
    assert again.status == 0
    assert f"{count - 1} of {count} files" in copied(again.err)


LOSES_THE_CONNECTION = """head -c 3000000 >in
if [ $(wc -c <in) -eq 3000000 ]; then
  /bin/sh -c "$SSH_ORIGINAL_COMMAND" <in >/dev/null
  kill -9 $PPID
  exit
fi
"""
"""For a session: three megabytes arrive, and then its sshd is gone."""


def test_an_artifact_that_computes_something_else_there_is_exit_status_3(
    ready: Device, fleet: Fleet, edgecnn: Callable[..., Any], artifacts: Path
) -> None:
    environment = fleet.home("ready") / ".local/share/edgecnn/venv"
    (golden,) = environment.glob("lib/python3*/site-packages/edgecnn/runtime/golden.py")
    kept = golden.read_text()
    golden.write_text(kept + "\nDeviation.is_tolerable = property(lambda self: False)\n")
    try:
        ran = edgecnn("deploy", "ready", artifacts)
    finally:
        golden.write_text(kept)
    assert ran.status == 3
    assert "give other results there than they should" in ran.err


def test_an_environment_that_was_broken_is_made_again(
    fleet: Fleet, ready: Device, edgecnn: Callable[..., Any], artifacts: Path
) -> None:
    environment = fleet.home("ready") / ".local/share/edgecnn/venv"
    python = environment / "bin" / "python"
    target = python.readlink()
    python.unlink()
    python.symlink_to("/no/such/python")
    ran = edgecnn("deploy", "ready", artifacts, "--offline", "--json")
    assert ran.status == 0, ran.err
    assert "environment  created" in ran.err
    assert python.readlink() == target or python.exists()
    (row,) = json.loads(ran.out)
    assert row["ok"]
    assert row["machine"]["bits"] == 64
