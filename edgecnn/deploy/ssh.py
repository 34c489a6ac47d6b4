"""Commands on another machine, through the system's ssh and the user's own configuration of it.

Nothing of that configuration is weakened: an unknown or changed host key is an error, and nobody is asked for a
password. One connection is shared by all commands for a device, over a socket in a private folder.
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
"""With this status ssh says that it failed itself."""

CONFIG_VARIABLE = "EDGECNN_SSH_CONFIG"
"""Names a configuration file for ssh instead of the user's."""

_OPTIONS = {
    "BatchMode": "yes",
    "ConnectTimeout": "15",
    "ServerAliveInterval": "5",
    "ServerAliveCountMax": "3",
}
_RUNNING: set[subprocess.Popen[bytes]] = set()
"""The commands of all threads, so that all can be ended when the user has enough."""
_IDLE_SECONDS = 60
_LONGEST_SOCKET = 90
"""Bytes of a path: a Unix socket takes about a hundred, and ssh adds some."""

_ADVICE = {
    "Host key verification failed": "the host key is unknown or not the one that is known; if that is right, connect "
    "once with `ssh {0}`, or remove the old key with `ssh-keygen -R`",
    "Permission denied": "ssh cannot log in without asking; give it a key (`ssh-copy-id {0}`) or `ssh-add` yours",
    "Could not resolve hostname": "no such host; is the name right, and the device on?",
    "Connection refused": "nothing listens for ssh there; switch it on with `sudo raspi-config`, Interface Options",
    "timed out": "no answer; is the device on, and in this network?",
    "No route to host": "the device cannot be reached; is it on, and in this network?",
    "Bad configuration option": "the ssh configuration is broken",
}


@dataclass(frozen=True, slots=True)
class Connection:
    """A way to run commands on one machine."""

    destination: str
    socket: Path | None

    def command(self, *words: str) -> list[str]:
        """Return the command line that runs `words` there, through whatever shell the user has there."""
        shared = [] if self.socket is None else ["-o", "ControlMaster=no", "-o", f"ControlPath={self.socket}"]
        return [*_ssh(), *shared, "-T", self.destination, "--", shlex.join(words)]

    @contextlib.contextmanager
    def started(self, *words: str, errors: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
        """Yield a command that runs there, with pipes for standard input and output; its errors go into a file."""
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
    """Yield a connection that is up; it is closed on leaving.

    Raises:
        DeviceError: there is no ssh here, or it cannot connect.
    """
    if shutil.which("ssh") is None:
        raise DeviceError("there is no ssh on this machine; install it (Debian: apt-get install openssh-client)")
    with tempfile.TemporaryDirectory(prefix="edgecnn-", ignore_cleanup_errors=True) as folder:
        socket = Path(folder) / "ssh"
        connection = Connection(destination, socket if len(os.fsencode(socket)) < _LONGEST_SOCKET else None)
        with (Path(folder) / "errors").open("w+b") as errors:
            # into a file, as the process that keeps the connection goes on holding it
            status = subprocess.run(
                _opening(connection), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, check=False
            ).returncode
            errors.seek(0)
            if status == FAILED or status < 0:  # ended by a signal, as Ctrl-C in a terminal does
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


def explain(destination: str, said: bytes) -> str:
    """Return in one line why ssh failed, and what to do about it."""
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
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
