"""Which devices a command means."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgecnn.deploy.hosts import Host, choose, read_hosts
from edgecnn.errors import DeviceError

FILE = """
[hosts.kitchen]
ssh = "pi@kitchen.local"
[hosts.garage]
ssh = "garage"
python = "/opt/python/bin/python3"
[groups]
all = ["garage", "kitchen", "here"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "hosts.toml").write_text(FILE)
    return tmp_path / "hosts.toml"


def test_names_groups_and_what_ssh_takes_are_each_meant_once(file: Path) -> None:
    assert choose("kitchen,all, pi@10.0.0.7", read_hosts(file)) == (
        Host("kitchen", "pi@kitchen.local"),
        Host("garage", "garage", "/opt/python/bin/python3"),
        Host("here", "here"),
        Host("pi@10.0.0.7", "pi@10.0.0.7"),
    )


def test_the_users_hosts_file_is_read_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert choose("kitchen", read_hosts())[0].ssh == "kitchen"
    (tmp_path / "edgecnn").mkdir()
    (tmp_path / "edgecnn" / "hosts.toml").write_text(FILE)
    assert choose("kitchen", read_hosts())[0].ssh == "pi@kitchen.local"


@pytest.mark.parametrize("text", ["-oProxyCommand=touch x", "", "a,,b", "pi@host name", "a\nb"])
def test_what_ssh_would_take_for_an_option_or_no_host_is_refused(text: str, file: Path) -> None:
    with pytest.raises(DeviceError, match="is not a host"):
        choose(text, read_hosts(file))


def test_an_option_in_the_hosts_file_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / "hosts.toml").write_text('[hosts.evil]\nssh = "-oProxyCommand=x"\n')
    with pytest.raises(DeviceError, match="is not a host"):
        choose("evil", read_hosts(tmp_path / "hosts.toml"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[hosts.a]\nshh = 'x'\n", "did you mean 'ssh'"),
        ("[hosts.a]\nssh = 5\n", "ssh"),
        ("hosts = 3\n", "must be a table"),
        ("[groups]\nall = ['b']\n", "unknown host 'b'"),
        ("[[", "cannot read the hosts file"),
        ("[host.a]\nssh = 'x'\n", "did you mean 'hosts'"),
    ],
)
def test_a_hosts_file_with_something_else_in_it_is_one_line(content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "hosts.toml").write_text(content)
    with pytest.raises(DeviceError, match=said):
        read_hosts(tmp_path / "hosts.toml")


def test_a_hosts_file_that_was_named_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="no such hosts file"):
        read_hosts(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("name", "folder"), [("../x", "__x"), ("pi@a.b", "pi@a.b"), ("ssh://pi@h:22", "ssh___pi@h_22")]
)
def test_a_name_is_one_part_of_a_path(name: str, folder: str) -> None:
    made = Host(name, name).folder
    assert "/" not in made
    assert made not in ("..", ".")
