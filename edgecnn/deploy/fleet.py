"""The same work on several devices at once; a failure on one does not stop the others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from edgecnn.deploy import ssh
from edgecnn.deploy.hosts import Host
from edgecnn.deploy.prepare import Say
from edgecnn.errors import DeviceError, EdgecnnError, GateError

_T = TypeVar("_T")

OnStep = Callable[[Host, str, str], None]
"""Called as `report(host, step, message)`, by one thread at a time."""

_GRACE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class HostResult(Generic[_T]):
    """The result for a device: a value, or an error and the last step that was completed before it."""

    host: Host
    value: _T | None
    error: EdgecnnError | None = None
    last_step: str | None = None


def on_each(
    hosts: tuple[Host, ...], work: Callable[[Host, ssh.Connection, Say], _T], report: OnStep
) -> tuple[HostResult[_T], ...]:
    """Return the result for each device, in the order of `hosts`, working on all of them at once.

    Args:
        hosts: devices.
        work: called with an open connection, in a thread of its own.
        report: called for each step and each failure.
    """
    lock = threading.Lock()
    results: dict[str, HostResult[_T] | BaseException] = {}

    def work_in_thread(host: Host) -> None:
        try:
            results[host.name] = _on_one(host, work, report, lock)
        except BaseException as error:  # a bug, raised below when the others have ended
            results[host.name] = error

    threads = [threading.Thread(target=work_in_thread, args=(host,), daemon=True) for host in hosts]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except BaseException:
        ssh.end_all()
        for thread in threads:
            thread.join(_GRACE_SECONDS)
        raise
    outcomes = []
    for host in hosts:
        outcome = results[host.name]
        if isinstance(outcome, BaseException):
            raise outcome
        outcomes.append(outcome)
    return tuple(outcomes)


def _on_one(
    host: Host, work: Callable[[Host, ssh.Connection, Say], _T], report: OnStep, lock: threading.Lock
) -> HostResult[_T]:
    last: str | None = None

    def say(step: str, what: str) -> None:
        nonlocal last
        last = step
        with lock:
            report(host, step, what)

    try:
        with ssh.connect(host.ssh) as connection:
            return HostResult(host, work(host, connection, say), last_step=last)
    except EdgecnnError as error:
        with lock:
            report(host, "FAILED", str(error))
        return HostResult(host, None, error, last)


def check(outcomes: tuple[HostResult[_T], ...]) -> None:
    """Raise one error for all devices that failed, if any.

    Raises:
        DeviceError: some devices failed.
        GateError: some devices failed, all of them because an artifact gives other results.
    """
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    if not failed:
        return
    kind = GateError if all(isinstance(outcome.error, GateError) for outcome in failed) else DeviceError
    names = ", ".join(outcome.host.name for outcome in failed)
    count = f"{len(failed)} of {len(outcomes)} devices failed"
    raise kind(f"{count}: {names} (see above); repeat the command to continue")
