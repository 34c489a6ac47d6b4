"""Devices for tests: an sshd on 127.0.0.1 that lands in a shell with a home folder of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.fakes.sshd import Device, missing

_ENTER = """#!/bin/sh
unset PYTHONPATH EDGECNN_SSH_CONFIG
export HOME="{home}" {variables}
cd "$HOME"
echo Welcome to the device.
{before}
exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"
"""


class Fleet:
    """Makes devices, and keeps the configuration of ssh that names them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.devices = folder, list[Device]()
        self.config = folder / "ssh_config"

    def add(self, name: str, enter: str) -> Device:
        """Return a running device whose sessions run a program."""
        device = Device(self.folder / name / "sshd", name, enter)
        device.start()
        device.trust()
        self.devices.append(device)
        self.config.write_text("".join(one.config for one in self.devices))
        return device

    def shell(self, name: str, before: str = "", **variables: str) -> Device:
        """Return a device that is this machine with a home folder of its own."""
        home = self.home(name)
        home.mkdir(parents=True)
        enter = self.folder / name / "enter"
        assigned = " ".join(f'{key}="{value}"' for key, value in variables.items())
        enter.write_text(_ENTER.format(home=home, before=before, variables=assigned))
        enter.chmod(0o755)
        return self.add(name, str(enter))

    def home(self, name: str) -> Path:
        """Return the home folder of such a device."""
        return self.folder / name / "home"


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Return what makes devices; they run until the end of the tests."""
    if (reason := missing()) is not None:
        pytest.skip(f"no devices here: {reason}")
    made = Fleet(tmp_path_factory.mktemp("fleet"))
    yield made
    for device in made.devices:
        device.cut()


@pytest.fixture(autouse=True)
def _own_ssh(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep tests away from the user's ssh and hosts."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    if "fleet" in request.fixturenames:
        monkeypatch.setenv("EDGECNN_SSH_CONFIG", str(request.getfixturevalue("fleet").config))


@pytest.fixture(scope="session")
def ready(fleet: Fleet, shipped_export: Any, tmp_path_factory: pytest.TempPathFactory) -> Device:
    """Return a device that was deployed to once, which takes as long as pip does."""
    from edgecnn.cli.app import run

    device = fleet.shell("ready")
    before = dict(os.environ)
    os.environ |= {"EDGECNN_SSH_CONFIG": str(fleet.config), "EDGECNN_CACHE": str(tmp_path_factory.mktemp("cache"))}
    try:
        assert run(["deploy", "ready", str(shipped_export.folder)]) == 0
    finally:
        os.environ.clear()
        os.environ.update(before)
    return device


@pytest.fixture
def small_data(tmp_path: Path) -> Path:
    """Return 40 labelled images in a file."""
    from edgecnn.data.sample import load_test_sample
    from tests.conftest import save_npz

    return save_npz(tmp_path / "few.npz", load_test_sample().take(np.arange(40)))
