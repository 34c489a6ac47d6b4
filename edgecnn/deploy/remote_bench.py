"""A benchmark on a device: it continues if the connection is lost, and the next call resumes following it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edgecnn.bench.journal import JOURNAL_NAME
from edgecnn.bench.result import RESULT_NAME, SCHEMA_VERSION, Result
from edgecnn.deploy.client import Device
from edgecnn.deploy.environment import BASE, PROGRAM
from edgecnn.deploy.hosts import Host
from edgecnn.deploy.prepare import Order, Say, prepare
from edgecnn.deploy.shipment import Shipment, send
from edgecnn.deploy.ssh import Connection
from edgecnn.errors import DeviceError, MeasurementError
from edgecnn.schema import SchemaError, decode_json

_OUT = "out"
_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Measurement:
    """What to measure.

    Attributes:
        options: of `edgecnn bench`, except paths, data and output folder.
        data: a name that edgecnn knows, or images to copy.
    """

    options: tuple[str, ...]
    data: str | Shipment


def bench_on(
    host: Host,
    connection: Connection,
    order: Order,
    measurement: Measurement,
    say: Say,
    *,
    keep: Callable[[Result], None] | None = None,
) -> Result:
    """Prepare a device, measure there, and return the result.

    Args:
        host, connection: the device.
        order: what to install and copy first.
        measurement: what to measure.
        say: called for each step.
        keep: called with the result before the device deletes it.

    Raises:
        DeviceError, GateError: as for `edgecnn.deploy.prepare.prepare`.
        MeasurementError: the benchmark itself failed.
    """
    device, _ = prepare(host, connection, order, say)
    data = measurement.data
    if isinstance(data, Shipment):
        place = f"{BASE}/data/{_digest([(file.name, file.sha256) for file in data.files])}"
        sent = send(data, device, place)
        say("data", f"{sent.sent} of {sent.files} files, {sent.size_bytes / 1e6:.1f} MB")
        data = f"{place}/{data.paths[0]}".rstrip("/")
    words = ("bench", *order.paths, "--data", data, *measurement.options)
    folder = f"{BASE}/runs/{_digest([order.wheel.name, *words, *(file.sha256 for file in order.artifacts.files)])}"
    _follow(device, folder, words, say)
    content = device.read(f"{folder}/{_OUT}/{RESULT_NAME}")
    try:
        result = decode_json(Result, content, newest=SCHEMA_VERSION)
    except SchemaError as error:
        raise MeasurementError(f"the result from there cannot be read: {error}") from error
    if keep is not None:
        keep(result)
    device.ask("forget", folder=folder)
    say("bench", f"{len(result.cases)} cases{', emulated' if result.machine.emulated else ''}")
    return result


def _follow(device: Device, folder: str, words: tuple[str, ...], say: Say) -> None:
    """Return when the benchmark there has succeeded; one that failed on the journal of another run is restarted."""
    last = ""

    def hear(answer: dict[str, Any]) -> None:
        nonlocal last
        line = str(answer.get("line", ""))
        if line and line != last and not line.startswith(("{", "}", "[", "]")):
            last = line
            say("bench", line)

    command = [PROGRAM, *words, "--out", _OUT]
    journal = f"{_OUT}/{JOURNAL_NAME}"
    for anew in (False, True):
        ended = device.ask("follow", on_answer=hear, folder=folder, command=command, journal=journal, anew=anew)
        if ended["status"] == "0":
            return
        if ended["status"] is None:
            raise DeviceError(
                "the benchmark there ended without a message; was the device switched off, or out of memory?"
            )
        if not ended["resumed"]:
            break
    raise MeasurementError(f"the benchmark failed there: {str(ended['said']).removeprefix('edgecnn: ')}")


def _digest(values: list[Any]) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:_DIGITS]
