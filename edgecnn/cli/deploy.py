"""`edgecnn deploy`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgecnn.cli.options import as_json

if TYPE_CHECKING:
    from edgecnn.deploy.fleet import HostResult
    from edgecnn.deploy.hosts import Host

_HOSTS = (
    click.option(
        "--hosts",
        "hosts_file",
        type=click.Path(path_type=Path),
        help="TOML file that names devices and groups.  [default: ~/.config/edgecnn/hosts.toml]",
    ),
    click.option(
        "--offline", is_flag=True, help="Copy all packages to the device, for one that cannot reach a package index."
    ),
)


def device_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for finding and setting up devices to a command."""
    for option in reversed(_HOSTS):
        command = option(command)
    return command


@click.command("deploy")
@click.argument("hosts", metavar="HOST[,HOST…]")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--to", metavar="FOLDER", help="Folder for the artifacts, in the device's home folder.  [default: edgecnn/DIR]"
)
@device_options
@as_json
def command(hosts: str, folder: Path, to: str | None, hosts_file: Path | None, offline: bool, as_json: bool) -> None:
    """Set up devices over ssh, copy the artifacts in DIR to them, and verify them there.

    HOST is a destination for ssh, or a name or group from the hosts file. Your ssh configuration, agent, jump hosts and
    known hosts apply; there is no prompt for a password. Each device is checked and gets its own environment with
    LiteRT and ONNX Runtime in ~/.local/share/edgecnn (once) and the files that changed; then `edgecnn doctor` and
    `edgecnn verify` run there. Devices are set up in parallel. One that fails does not stop the others, and the next
    call continues where it stopped.

    \b
    edgecnn deploy pi@kitchen.local out
    edgecnn deploy kitchen,garage out --offline

    Exit status 1: a device failed. 3: an artifact gives other answers there than where it was made.
    """
    from edgecnn.cli.screen import print_json
    from edgecnn.deploy.environment import own_wheel
    from edgecnn.deploy.fleet import check, on_each
    from edgecnn.deploy.hosts import HERE, choose, read_hosts
    from edgecnn.deploy.prepare import Order, prepare
    from edgecnn.deploy.shipment import pack_artifacts
    from edgecnn.schema import encode

    chosen = choose(hosts, read_hosts(hosts_file))
    if any(host.name in HERE for host in chosen):
        raise click.UsageError("this machine needs no deployment; name other devices")
    if not folder.is_dir():
        raise click.UsageError(f"no such folder: {folder}")
    order = Order(own_wheel(), pack_artifacts((folder,)), to, offline)
    outcomes = on_each(chosen, lambda host, connection, say: prepare(host, connection, order, say)[1], reporter(chosen))
    if as_json:
        print_json([{**_row(outcome), "folder": order.place, "machine": encode(outcome.value)} for outcome in outcomes])
    check(outcomes)


def reporter(hosts: tuple[Host, ...]) -> Callable[[Host, str, str], None]:
    """Return a callback that prints one line per device and step on standard error."""
    from edgecnn.cli.screen import print_line

    width = max(len(host.name) for host in hosts)

    def report(host: Host, step: str, what: str) -> None:
        print_line(f"{host.name.ljust(width)}  {step:<11}  {what}", err=True)

    return report


def _row(outcome: HostResult[Any]) -> dict[str, Any]:
    return {
        "host": outcome.host.name,
        "ok": outcome.error is None,
        "error": None if outcome.error is None else str(outcome.error),
        "last_step": outcome.last_step,
    }
