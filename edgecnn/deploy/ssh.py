"""Commands on another machine, through the system's ssh with the user's own configuration.

The configuration is not weakened: an unknown or changed host key is an error, and nobody is asked for a password. All
commands for a device share one connection, over a socket in a private folder.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from edgecnn.errors import DeviceError

FAILED = 255
"""The exit status with which ssh reports a failure of its own."""

CONFIG_VARIABLE = "EDGECNN_SSH_CONFIG"
"""The environment variable that names another ssh configuration file than the user's."""

_OPTIONS = {
    "BatchMode": "yes",
    "ConnectTimeout": "15",
    "ServerAliveInterval": "5",
    "ServerAliveCountMax": "3",
}
_RUNNING: set[subprocess.Popen[bytes]] = set()
"""The commands of all threads, so that all can be ended when the user interrupts."""
_IDLE_SECONDS = 60
_LONGEST_SOCKET = 90
"""The longest path of a socket, in bytes: the limit is about a hundred, and ssh appends some."""

_ADVICE = {
    "Host key verification failed": "the host key is unknown or has changed; if that is expected, connect "
    "once with `ssh {0}`, or remove the old key with `ssh-keygen -R`",
    "Permission denied": "ssh cannot log in without a password; install a key (`ssh-copy-id {0}`) or `ssh-add` yours",
    "Could not resolve hostname": "no such host; is the name right, and is the device on?",
    "Connection refused": "no ssh server is running there; enable it with `sudo raspi-config`, Interface Options",
    "timed out": "no answer; is the device on, and on this network?",
    "No route to host": "the device cannot be reached; is it on, and on this network?",
    "Bad configuration option": "the ssh configuration is broken",
}


@dataclass(frozen=True, slots=True)
class Connection:
    """A way to run commands on one machine."""

    destination: str
    socket: Path | None

    def command(self, *words: str) -> list[str]:
        """Return the command line that runs `words` there, through any login shell."""
        shared = [] if self.socket is None else ["-o", "ControlMaster=no", "-o", f"ControlPath={self.socket}"]
        return [*_ssh(), *shared, "-T", self.destination, "--", shlex.join(words)]

    @contextlib.contextmanager
    def started(self, *words: str, errors: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
        """Yield a running command with pipes for standard input and output; its standard error goes to a file."""
        command = self.command(*words)
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors) as process:
            _RUNNING.add(process)
            try:
                yield process
            finally:
                _RUNNING.discard(process)
                if process.poll() is None:
                    process.terminate()


@contextlib.contextmanager
def connect(destination: str) -> Iterator[Connection]:
    """Yield an open connection; it is closed on exit.

    Raises:
        DeviceError: ssh is not installed here, or cannot connect.
    """
    if shutil.which("ssh") is None:
        raise DeviceError("there is no ssh on this machine; install it (Debian: apt-get install openssh-client)")
    with tempfile.TemporaryDirectory(prefix="edgecnn-", ignore_cleanup_errors=True) as folder:
        socket = Path(folder) / "ssh"
        connection = Connection(destination, socket if len(os.fsencode(socket)) < _LONGEST_SOCKET else None)
        with (Path(folder) / "errors").open("w+b") as errors:
            # to a file, because the process that keeps the connection open also keeps this open
            status = subprocess.run(
                _opening(connection), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, check=False
            ).returncode
            errors.seek(0)
            if status == FAILED or status < 0:  # ended by a signal, such as Ctrl-C in a terminal
                raise DeviceError(explain(destination, errors.read()))
        try:
            yield connection
        finally:
            if connection.socket is not None:
                closing = [*_ssh(), "-o", f"ControlPath={connection.socket}", "-O", "exit", destination]
                subprocess.run(closing, capture_output=True, check=False)


def end_all() -> None:
    """End the commands of all threads; each gets a `DeviceError`."""
    for process in tuple(_RUNNING):
        process.terminate()


def explain(destination: str, output: bytes) -> str:
    """Return one line that says why ssh failed and what to do about it."""
    lines = [line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()]
    text = "\n".join(lines)
    for sign, advice in _ADVICE.items():
        if sign in text:
            reason = next(line for line in lines if sign in line)
            return f"{advice.format(destination)} ({reason.rstrip('.')})"
    return f"the connection was lost ({lines[-1].rstrip('.')})" if lines else "the connection was lost"


def _opening(connection: Connection) -> list[str]:
    shared: list[str] = []
    if connection.socket is not None:
        shared = ["-o", "ControlMaster=yes", "-o", f"ControlPath={connection.socket}"]
        shared += ["-o", f"ControlPersist={_IDLE_SECONDS}"]
    return [*_ssh(), *shared, "-T", connection.destination, "--", "true"]


def _ssh() -> list[str]:
    config = os.environ.get(CONFIG_VARIABLE)
    options = [word for name, value in _OPTIONS.items() for word in ("-o", f"{name}={value}")]
    return ["ssh", *(("-F", config) if config else ()), *options]
