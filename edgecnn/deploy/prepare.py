"""Preparing a device: check it, create its environment, copy the artifacts, verify them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edgecnn.checkup.examine import SCHEMA_VERSION, Checkup
from edgecnn.checkup.finding import Level
from edgecnn.deploy.client import Device, find_python
from edgecnn.deploy.environment import PROGRAM, install, read_facts
from edgecnn.deploy.hosts import Host
from edgecnn.deploy.shipment import Shipment, send
from edgecnn.deploy.ssh import Connection
from edgecnn.device.machine import Machine
from edgecnn.errors import DeviceError, GateError
from edgecnn.schema import SchemaError, decode_json

Say = Callable[[str, str], None]
"""Called as `say(step, message)` when a step has ended."""

ARTIFACTS = "~/edgecnn"


@dataclass(frozen=True, slots=True)
class Order:
    """What to install on a device.

    Attributes:
        wheel: of edgecnn.
        artifacts: to copy.
        folder: for the artifacts; None is a folder of the shipment's name below `ARTIFACTS`.
        is_offline: whether the device cannot reach a package index.
    """

    wheel: Path
    artifacts: Shipment
    folder: str | None = None
    is_offline: bool = False

    @property
    def place(self) -> str:
        """The folder for the artifacts on a device."""
        return self.folder or f"{ARTIFACTS}/{self.artifacts.name}"

    @property
    def paths(self) -> tuple[str, ...]:
        """The artifacts' paths for commands on a device."""
        return tuple(f"{self.place}/{path}".rstrip("/") for path in self.artifacts.paths)


def prepare(host: Host, connection: Connection, order: Order, say: Say) -> tuple[Device, Machine]:
    """Prepare a device: check it, create its environment, copy and verify the artifacts. Return it and its machine.

    Raises:
        DeviceError: a step failed; the message says what to do.
        GateError: an artifact gives other results than where it was made.
    """
    device = find_python(connection, host.python)
    facts = read_facts(device)
    say("check", f"Python {facts.python}, {facts.architecture}, {facts.libc}, {facts.free_bytes / 2**30:.1f} GiB free")
    was_made = install(device, facts, order.wheel, offline=order.is_offline)
    say("environment", f"{'created' if was_made else 'already there'}: {PROGRAM}")
    sent = send(order.artifacts, device, order.place)
    say("copy", f"{sent.sent} of {sent.files} files, {sent.size_bytes / 1e6:.1f} MB, into {order.place}")
    machine = _doctor(device, order, say)
    _verify(device, order, say)
    return device, machine


def _doctor(device: Device, order: Order, say: Say) -> Machine:
    ran = device.run(PROGRAM, "doctor", "--json", *order.paths)
    try:
        checkup = decode_json(Checkup, ran.out, newest=SCHEMA_VERSION)
    except SchemaError as error:
        raise DeviceError(f"edgecnn doctor failed there: {_last(ran.err) or error}") from error
    first = next((finding.what for finding in checkup.findings if finding.topic == "machine"), "unknown machine")
    say("doctor", f"{first}{', emulated' if checkup.machine.emulated else ''}")
    for finding in checkup.findings:
        if finding.level is not Level.OK:
            advice = f"; {finding.advice}" if finding.advice else ""
            say("doctor", f"{finding.level.value}: {finding.what}{advice}")
    return checkup.machine


def _verify(device: Device, order: Order, say: Say) -> None:
    ran = device.run(PROGRAM, "verify", "--json", *order.paths)
    try:
        rows = json.loads(ran.out)
        failed = [str(row.get("error") or row["file"]) for row in rows if not row["holds"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DeviceError(f"edgecnn verify failed there: {_last(ran.err) or 'it gave no reason'}") from error
    if failed and ran.status == GateError.exit_status:
        raise GateError(
            f"{len(failed)} of {len(rows)} artifacts give other results there than they should: {failed[0]}"
        )
    if failed or ran.status != 0:
        raise DeviceError(f"edgecnn verify failed there: {failed[0] if failed else _last(ran.err)}")
    say("verify", f"{len(rows)} artifacts give the same results as where they were made")


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("edgecnn: ") if lines else ""
