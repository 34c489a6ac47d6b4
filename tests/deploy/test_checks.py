"""What keeps a device from being used is one clear line, and nothing is left on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.conftest import Fleet

LACKS = {
    "32-bit": ("import struct; struct.calcsize = lambda form: 4", "is 32-bit"),
    "musl": ("import os\ndef confstr(name): raise ValueError\nos.confstr = confstr", "the C library there is"),
    "full": (
        "import shutil, collections; shutil.disk_usage = lambda path: collections.namedtuple('U', 'free')(90 << 20)",
        "has 90 MiB free",
    ),
    "no-venv": (
        "import importlib.util as u; known = u.find_spec\n"
        "u.find_spec = lambda name: known(name) if name != 'ensurepip' else None",
        "sudo apt install python3-venv",
    ),
}
"""What Python on the device is made to say."""


@pytest.mark.parametrize("what", LACKS)
def test_a_device_that_lacks_something_is_one_clear_line(
    what: str, fleet: Fleet, edgecnn: Callable[..., Any], shipped_export: Any, tmp_path: Path
) -> None:
    code, said = LACKS[what]
    (tmp_path / "sitecustomize.py").write_text(code)
    fleet.shell(what, PYTHONPATH=str(tmp_path))
    ran = edgecnn("deploy", what, shipped_export.folder)
    assert ran.status == 1
    assert said in ran.err.splitlines()[0]
    assert "FAILED" in ran.err.splitlines()[0]
    assert list(fleet.home(what).iterdir()) == []


@pytest.mark.parametrize("version", [None, "Python 3.9.2"])
def test_no_python_and_an_old_one_are_told_apart(
    version: str | None, fleet: Fleet, edgecnn: Callable[..., Any], shipped_export: Any, tmp_path: Path
) -> None:
    if version is not None:
        (tmp_path / "python3").write_text(f'#!/bin/sh\n[ "$1" = -V ] && echo {version}\n[ "$1" = -V ]\n')
        (tmp_path / "python3").chmod(0o755)
    (tmp_path / "sh").symlink_to("/bin/sh")
    name = "old-python" if version else "no-python"
    fleet.shell(name, PATH=str(tmp_path))
    ran = edgecnn("deploy", name, shipped_export.folder)
    assert ran.status == 1
    assert (f"python3 there is {version}" if version else "there is no python3") in ran.err
    assert "3.11 or newer" in ran.err


def test_one_that_fails_does_not_stop_the_others_and_json_has_all(
    fleet: Fleet, edgecnn: Callable[..., Any], shipped_export: Any, tmp_path: Path
) -> None:
    (tmp_path / "sh").symlink_to("/bin/sh")
    fleet.shell("lame", PATH=str(tmp_path))
    fleet.shell("gone").cut()
    ran = edgecnn("deploy", "lame,gone", shipped_export.folder, "--json")
    rows = {row["host"]: row for row in json.loads(ran.out)}
    assert ran.status == 1
    assert "no python3" in rows["lame"]["error"]
    assert "Connection refused" in rows["gone"]["error"]
    assert "2 of 2 devices failed: lame, gone" in ran.err


def test_a_disk_that_fills_up_while_files_arrive_is_one_line_and_leaves_no_half_file(
    fleet: Fleet, edgecnn: Callable[..., Any], shipped_export: Any
) -> None:
    fleet.shell("filling", before="ulimit -f 200")  # in blocks of 512 bytes
    ran = edgecnn("deploy", "filling", shipped_export.folder)
    assert ran.status == 1
    assert "the disk is full" in ran.err
    assert not [path for path in fleet.home("filling").rglob("*") if path.is_file() and path.stat().st_size]


@pytest.mark.parametrize("arguments", [["here", "."], ["-oProxyCommand=touch hacked", "."], ["pi", "missing-folder"]])
def test_bad_usage_is_refused_before_anything_is_done(arguments: list[str], edgecnn: Callable[..., Any]) -> None:
    assert edgecnn("deploy", "--", *arguments).status in (1, 2)
    assert not Path("hacked").exists()
