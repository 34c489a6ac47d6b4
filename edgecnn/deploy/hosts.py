"""The devices for a command: names and groups from the hosts file (see docs/deploying.md), or ssh destinations."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgecnn.errors import DeviceError, nearest
from edgecnn.schema import SchemaError, decode

HERE = ("here", "local")
"""Names of this machine, which can be benchmarked as well."""

_UNSAFE = re.compile(r"[\s\x00-\x1f]")


@dataclass(frozen=True, slots=True)
class Host:
    """A device.

    Attributes:
        name: its name in reports.
        ssh: the destination for ssh.
        python: the Python there to create the environment with; None looks for one.
    """

    name: str
    ssh: str
    python: str | None = None

    @property
    def folder(self) -> str:
        """The name as a single path component."""
        return re.sub(r"[^\w.@-]|^\.+", "_", self.name)


@dataclass(frozen=True, slots=True)
class _HostRow:
    ssh: str
    python: str | None = None


@dataclass(frozen=True, slots=True)
class Hosts:
    """The content of a hosts file."""

    hosts: dict[str, _HostRow] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)


def hosts_file() -> Path:
    """Return the path of the user's hosts file, which need not exist."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path("~/.config").expanduser()) / "edgecnn" / "hosts.toml"


def read_hosts(path: Path | None = None) -> Hosts:
    """Return the content of a hosts file; an empty one if the user has none.

    Args:
        path: of the file; None uses `hosts_file()`.

    Raises:
        DeviceError: the named file is missing, is not TOML, or has unknown or invalid content.
    """
    used = path or hosts_file()
    try:
        content = tomllib.loads(used.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if path is None:
            return Hosts()
        raise DeviceError(f"no such hosts file: {path}") from error
    except (OSError, ValueError) as error:
        raise DeviceError(f"cannot read the hosts file {used}: {error}") from error
    try:
        hosts = Hosts(
            {name: _entry(name, value) for name, value in _table(content, "hosts").items()},
            {
                name: decode(tuple[str, ...], value, f"groups.{name}")
                for name, value in _table(content, "groups").items()
            },
        )
        _check_keys(content, ("hosts", "groups"), "the file")
    except SchemaError as error:
        raise DeviceError(f"the hosts file {used}: {error}") from error
    for group, names in hosts.groups.items():
        for name in names:
            if name not in hosts.hosts and name not in HERE:
                raise DeviceError(f"the hosts file {used}: group {group} has the unknown host {name!r}")
    return hosts


def choose(text: str, hosts: Hosts) -> tuple[Host, ...]:
    """Return the devices in a list of names, groups and ssh destinations, separated by commas, each once.

    Raises:
        DeviceError: a name is empty, or ssh would read it as an option.
    """
    chosen: dict[str, Host] = {}
    for part in text.split(","):
        name = part.strip()
        for member in hosts.groups.get(name, (name,)):
            entry = hosts.hosts.get(member, _HostRow(member))
            _check_destination(member, entry.ssh)
            chosen.setdefault(member, Host(member, entry.ssh, entry.python))
    return tuple(chosen.values())


def _check_destination(name: str, destination: str) -> None:
    if not destination or destination.startswith("-") or _UNSAFE.search(destination):
        raise DeviceError(
            f"{name!r} is not a host: give an ssh destination such as pi@kitchen.local, or a name from the hosts file"
        )


def _table(content: dict[str, Any], name: str) -> dict[str, Any]:
    value = content.get(name, {})
    if not isinstance(value, dict):
        raise SchemaError(f"{name} must be a table, such as [{name}.kitchen]")
    return value


def _entry(name: str, value: Any) -> _HostRow:
    if isinstance(value, dict):
        _check_keys(value, ("ssh", "python"), f"hosts.{name}")
    entry: _HostRow = decode(_HostRow, value, f"hosts.{name}")
    return entry


def _check_keys(value: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in value:
        if key not in known:
            raise SchemaError(f"{where} has the unknown key {key!r}{nearest(key, known)}")
