"""A real sshd on 127.0.0.1, and a configuration for ssh that leads to it; nothing of the user's own is read."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

PROGRAM = (
    shutil.which("sshd") or "/usr/sbin/sshd"
)  # it has to be called by its path, and /usr/sbin is not on every PATH


def missing() -> str | None:
    """Return what keeps this machine from running an sshd; None if nothing does."""
    if not Path(PROGRAM).exists():
        return "sshd is missing (Debian: apt-get install openssh-server)"
    return None if shutil.which("ssh") else "ssh is missing (Debian: apt-get install openssh-client)"


@dataclass
class Device:
    """An sshd whose every session runs `enter`, a program that gets the command in SSH_ORIGINAL_COMMAND.

    Attributes:
        folder: for its keys.
        name: of the host in the configuration of ssh.
        enter: the command line of the program.
    """

    folder: Path
    name: str
    enter: str
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, on a free port the first time and on the same one later."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.port:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
            for key in ("hostkey", "id"):
                self.make_key(key)
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # without it sshd ends at once
        (self.folder / "sshd_config").write_text(
            f"ListenAddress 127.0.0.1\nPort {self.port}\nHostKey {self.folder}/hostkey\nPidFile none\n"
            f"AuthorizedKeysFile {self.folder}/id.pub\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
            "KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nMaxStartups 50:30:100\n"
            f"ForceCommand {self.enter}\n"
        )
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "-D", "-e", "-f", self.folder / "sshd_config"],
                stdin=subprocess.DEVNULL, stderr=log, start_new_session=True,
            )  # fmt: skip
        for _ in range(2000):
            if self.process.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text())
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("sshd does not answer")

    def make_key(self, key: str) -> None:
        """Make a key pair; a new one where there was one."""
        for old in (self.folder / key, self.folder / f"{key}.pub"):
            old.unlink(missing_ok=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / key], check=True)

    @property
    def known_host(self) -> str:
        """The line for known_hosts."""
        kind, key, *_ = (self.folder / "hostkey.pub").read_text().split()
        return f"[127.0.0.1]:{self.port} {kind} {key}\n"

    @property
    def config(self) -> str:
        """What the configuration of ssh says about it."""
        return (
            f"Host {self.name}\n HostName 127.0.0.1\n Port {self.port}\n User {getpass.getuser()}\n"
            f" IdentityFile {self.folder}/id\n IdentitiesOnly yes\n UserKnownHostsFile {self.folder}/known_hosts\n"
            " GlobalKnownHostsFile none\n"
        )

    def trust(self) -> None:
        """Make its host key the known one."""
        (self.folder / "known_hosts").write_text(self.known_host)

    def cut(self, *, power: bool = True) -> None:
        """End it with all its sessions: with all that they started, as a power cut, or only the connections."""
        if self.process is None:
            return
        below = _descendants(self.process.pid)
        if not power:
            below = [one for one in below if _name(one) == "sshd"]
        for process in (*below, self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.process.wait()
        self.process = None


def _name(process: int) -> str:
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except OSError:
        return ""


def _descendants(process: int) -> list[int]:
    """Return the processes that a process started and those that these did, as far as they were not detached."""
    parents: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found, todo = [], [process]
    while todo:
        children = parents.get(todo.pop(), [])
        found += children
        todo += children
    return found
