"""ssh is the user's own, and what it says is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgecnn.deploy import ssh
from tests.deploy.conftest import Fleet


def test_the_command_line_weakens_nothing_and_ends_options_before_the_command() -> None:
    command = ssh.Connection("pi@kitchen", Path("/run/x")).command("echo", "two words; rm")
    assert not [word for word in command if "StrictHostKeyChecking" in word or "UserKnownHosts" in word]
    assert "BatchMode=yes" in command
    assert "ConnectTimeout=15" in command
    assert command[-3:] == ["pi@kitchen", "--", "echo 'two words; rm'"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"@@@ WARNING @@@\nHost key verification failed.\n", "ssh-keygen -R"),
        (b"pi@h: Permission denied (publickey).\n", "ssh-copy-id pi@h"),
        (b"ssh: connect to host h port 22: Connection refused\n", "no ssh server is running there"),
        (b"client_loop: send disconnect: Broken pipe\n", "the connection was lost (client_loop"),
        (b"", "the connection was lost"),
    ],
)
def test_why_ssh_failed_is_told_in_one_line(said: bytes, told: str) -> None:
    line = ssh.explain("pi@h", said)
    assert told in line
    assert "\n" not in line


@pytest.mark.parametrize("known", ["another key", "no key"])
def test_a_host_key_that_is_not_the_known_one_is_never_accepted(
    known: str, fleet: Fleet, edgecnn: Callable[..., Any], shipped_export: Any
) -> None:
    name = known.replace(" ", "-")
    device = fleet.shell(name)
    if known == "no key":
        (device.folder / "known_hosts").write_text("")
    else:
        device.cut()
        device.make_key("hostkey")
        device.start()
    before = (device.folder / "known_hosts").read_text()
    ran = edgecnn("deploy", name, shipped_export.folder)
    assert ran.status == 1
    (failed, summary) = ran.err.splitlines()
    assert failed.startswith(f"{name}  FAILED")
    assert "Host key verification failed" in failed
    assert "1 of 1 devices failed" in summary
    assert (device.folder / "known_hosts").read_text() == before
    assert list(fleet.home(name).iterdir()) == []


def test_a_device_that_is_off_is_one_line(fleet: Fleet, edgecnn: Callable[..., Any], shipped_export: Any) -> None:
    fleet.shell("off").cut()
    ran = edgecnn("deploy", "off", shipped_export.folder)
    assert ran.status == 1
    assert "Connection refused" in ran.err.splitlines()[0]
