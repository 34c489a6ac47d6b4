"""Requests to `device_side.py` on a device."""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from edgecnn.deploy import ssh
from edgecnn.deploy.device_side import MARK
from edgecnn.errors import DeviceError

_SOURCE = Path(__file__).with_name("device_side.py")
_LOADER = "import sys; exec(compile(sys.stdin.buffer.read({0}), 'edgecnn', 'exec'))"
"""Short and simple, because it must pass through any kind of shell."""

_PYTHONS = ("python3", "python3.14", "python3.13", "python3.12", "python3.11")
_OLDEST = "0x30b0000"
_FIND = (
    "for p in {0}; do $p -c 'import sys; sys.exit(sys.hexversion < {1})' 2>/dev/null && exec $p -c 'import sys; "
    'print("{2}" + sys.executable)\'; done; for p in {0}; do $p -V 2>&1 && break; done; exit 1'
)
_CHUNK = 1 << 20
_SILENT = "the device stopped answering before the end; try again"


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command on the device ended, and what it printed."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Device:
    """A machine that takes requests: the connection, and the path of its Python."""

    connection: ssh.Connection
    python: str

    def ask(
        self,
        verb: str,
        *,
        contents: Iterable[Path] = (),
        on_answer: Callable[[dict[str, Any]], None] | None = None,
        **request: Any,
    ) -> dict[str, Any]:
        """Return the last answer to a request.

        Args:
            verb: one of `device_side.VERBS`.
            contents: files to send after the request.
            on_answer: called with each answer before the last.
            request: arguments of the verb.

        Raises:
            DeviceError: the connection was lost, or the device refused.
        """
        with self._request(verb, request, contents) as output:
            for line in output:
                answer = _answer(line)
                if answer is None:
                    continue
                if "done" in answer:
                    done: dict[str, Any] = answer["done"]
                    return done
                if "error" in answer:
                    raise DeviceError(str(answer["error"]))
                if on_answer is not None:
                    on_answer(answer)
            raise DeviceError(_SILENT)

    def read(self, path: str) -> bytes:
        """Return the content of a file on the device, checked against its SHA-256.

        Raises:
            DeviceError: as for `ask`, or the content arrived changed.
        """
        import hashlib

        with self._request("read", {"path": path}, ()) as output:
            answer = next((values for values in map(_answer, output) if values is not None), {})
            if "error" in answer:
                raise DeviceError(str(answer["error"]))
            content = output.read(answer.get("size", 0))
            output.read()
            if not answer or hashlib.sha256(content).hexdigest() != answer["sha256"]:
                raise DeviceError(_SILENT)
        return content

    def run(self, *words: str) -> Ran:
        """Run a command in the device's home folder and return how it ended; ~/ at the start of a word is that folder.

        Raises:
            DeviceError: the connection was lost, or there is no such command.
        """
        return Ran(**self.ask("run", command=words))

    @contextlib.contextmanager
    def _request(self, verb: str, request: dict[str, Any], contents: Iterable[Path]) -> Iterator[IO[bytes]]:
        """Yield the device's output; raise ssh's reason instead of another `DeviceError` if ssh failed."""
        source = _SOURCE.read_bytes()
        head = source + json.dumps({"verb": verb, **request}).encode() + b"\n"
        with (
            tempfile.TemporaryFile() as errors,
            self.connection.started(self.python, "-c", _LOADER.format(len(source)), errors=errors) as process,
        ):
            assert process.stdin is not None
            assert process.stdout is not None
            with contextlib.suppress(BrokenPipeError):  # the device's answer says why
                _write(process.stdin, head, contents)
            try:
                yield process.stdout
            except DeviceError as error:
                if process.wait() == ssh.FAILED or process.returncode < 0:
                    raise DeviceError(self._why(errors)) from error
                raise

    def _why(self, errors: IO[bytes]) -> str:
        errors.seek(0)
        return ssh.explain(self.connection.destination, errors.read())


def find_python(connection: ssh.Connection, python: str | None) -> Device:
    """Return the device with the first of its Pythons that edgecnn runs on.

    Args:
        connection: an open connection.
        python: the Python to use, a path or a name; None looks for one.

    Raises:
        DeviceError: there is none.
    """
    names = " ".join(shlex.quote(name) for name in ((python,) if python else _PYTHONS))
    ran = _run(connection, "sh", "-c", _FIND.format(names, _OLDEST, MARK))
    for line in ran.out.splitlines():
        if line.startswith(MARK):
            return Device(connection, line.removeprefix(MARK))
    version = next((line for line in ran.out.splitlines() if line.startswith("Python ")), None)
    version_there = f"{python or 'python3'} there is {version}" if version else f"there is no {python or 'python3'}"
    raise DeviceError(
        f"edgecnn needs Python 3.11 or newer, but {version_there}; use Raspberry Pi OS bookworm or newer, or name "
        'another one in the hosts file (python = "…")'
    )


def _run(connection: ssh.Connection, *words: str) -> Ran:
    with tempfile.TemporaryFile() as errors, connection.started(*words, errors=errors) as process:
        out, _ = process.communicate()
        errors.seek(0)
        err = errors.read()
    if process.returncode == ssh.FAILED or process.returncode < 0:
        raise DeviceError(ssh.explain(connection.destination, err))
    return Ran(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))


def _answer(line: bytes) -> dict[str, Any] | None:
    """Return the answer in a line; None for output of a login shell and for a truncated line."""
    text = line.decode(errors="replace")
    if not text.startswith(MARK):
        return None
    try:
        values: dict[str, Any] = json.loads(text.removeprefix(MARK))
    except ValueError:
        return None
    return values


def _write(pipe: IO[bytes], head: bytes, contents: Iterable[Path]) -> None:
    with pipe:
        pipe.write(head)
        for path in contents:
            with path.open("rb") as file:
                shutil.copyfileobj(file, pipe, _CHUNK)
