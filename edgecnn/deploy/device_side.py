"""The part of edgecnn deploy that runs on the device. Its source is sent over ssh; it needs only Python 3.7's library.

It reads the request, one line of JSON, from standard input, then the files that belong to it. Answers are lines of JSON
after `MARK`, because a login shell may print lines of its own. The last answer has "done" or "error".
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

MARK = "@edgecnn "
STAMP = "edgecnn-stamp"
_CHUNK = 1 << 20
_HEARTBEAT_SECONDS = 5.0
_POLL_SECONDS = 0.2


class RefusalError(Exception):
    """A request that cannot be carried out; the message is for the user."""


def answer(**values: Any) -> None:
    """Print one answer."""
    print(MARK + json.dumps(values), flush=True)


def facts(request: dict[str, Any]) -> dict[str, Any]:
    """Return the facts that decide whether edgecnn can be installed here."""
    home, environment = Path.home(), _path(request["environment"])
    return {
        "python": platform.python_version(),
        "program": sys.executable,
        "bits": 8 * struct.calcsize("P"),
        "architecture": platform.machine(),
        "libc": _libc(),
        "has_venv": all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")),
        "free_bytes": shutil.disk_usage(home).free,
        "stamp": _read(environment / STAMP) if _works(environment / "bin" / "python") else None,
    }


def missing(request: dict[str, Any]) -> dict[str, Any]:
    """Return the names of files that are missing or different in a folder, and its manifest."""
    folder = _path(request["folder"])
    lacking = [name for name, size, digest in request["files"] if not _is(folder / name, size, digest)]
    return {"missing": lacking, "manifest": _read(folder / "manifest.json")}


def take(request: dict[str, Any]) -> dict[str, Any]:
    """Write the files that follow the request, each atomically after a check; then remove the unwanted ones."""
    folder = _path(request["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    needed, free = sum(size for _, size, _ in request["files"]), shutil.disk_usage(folder).free
    if needed > free:
        raise RefusalError(f"the disk is full: {needed:,} bytes are needed in {folder}, but {free:,} are free")
    for name, size, digest in request["files"]:
        target = _inside(folder, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.partial")
        try:
            if _receive(partial, size) != digest:
                raise RefusalError(f"{name} arrived changed; try again")
            partial.replace(target)
        finally:
            with contextlib.suppress(OSError):
                partial.unlink()
    for name in request["remove"]:
        with contextlib.suppress(OSError):
            _inside(folder, name).unlink()
    return {}


def install(request: dict[str, Any]) -> dict[str, Any]:
    """Create the virtual environment and install into it, unless the stamp shows that this is done."""
    folder = _path(request["environment"])
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _lock(folder.parent / "install.lock") as lock:
        if lock is None:
            raise RefusalError("another edgecnn deploy is installing there; try again when it has finished")
        stamp, python = folder / STAMP, folder / "bin" / "python"
        if _read(stamp) == request["stamp"] and _works(python):
            return {"made": False}
        if not _works(python):
            shutil.rmtree(folder, ignore_errors=True)
            _run([sys.executable, "-m", "venv", str(folder)])
        with contextlib.suppress(FileNotFoundError):
            stamp.unlink()
        wheels = _path(request["wheels"])
        pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--only-binary=:all:"]
        source = ["--no-index", "--find-links", str(wheels)] if request["offline"] else []
        requirement = f"{request['project']} @ {(wheels / request['wheel']).as_uri()}"
        _run([*pip, *source, requirement])
        stamp.write_text(request["stamp"])
        for old in wheels.glob(f"{request['project'].split('[')[0]}-*.whl"):
            if old.name != request["wheel"]:
                old.unlink()
    return {"made": True}


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Run a command in the home folder and return how it ended and what it printed."""
    command = [os.path.expanduser(word) for word in request["command"]]  # noqa: PTH111  # words, of which some are paths
    ran = subprocess.run(command, cwd=str(Path.home()), stdin=subprocess.DEVNULL, capture_output=True, check=False)
    out, err = (printed.decode(errors="replace") for printed in (ran.stdout, ran.stderr))
    return {"status": ran.returncode, "out": out, "err": err}


def read(request: dict[str, Any]) -> dict[str, Any]:
    """Send a file: one answer with its size and SHA-256, then its bytes."""
    content = _path(request["path"]).read_bytes()
    answer(size=len(content), sha256=hashlib.sha256(content).hexdigest())
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
    return {}


def forget(request: dict[str, Any]) -> dict[str, Any]:
    """Remove a folder."""
    shutil.rmtree(_path(request["folder"]), ignore_errors=True)
    return {}


def follow(request: dict[str, Any]) -> dict[str, Any]:
    """Start a command that outlives the connection, unless it is running or done, and pass on its messages.

    The command holds a lock while it runs: a process id could belong to another process after a reboot.
    """
    folder = _path(request["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    status, log = folder / "status", folder / "log"
    resumed = False
    with _lock(folder / "lock") as lock:
        if lock is not None and _read(status) != "0":
            resumed = (folder / request["journal"]).exists() and not request["anew"]
            for old in (status, log):
                with contextlib.suppress(FileNotFoundError):
                    old.unlink()
            _start([*request["command"], *(["--resume"] if resumed else [])], folder, lock)
    place, message, beat = 0, "", time.monotonic()
    while True:
        with _lock(folder / "lock") as lock:
            has_ended = lock is not None
        with log.open("rb") as file:
            file.seek(place)
            lines = file.read().split(b"\n")
        for line in lines[:-1]:
            place += len(line) + 1
            message = line.decode(errors="replace").strip() or message
            answer(line=message)
            beat = time.monotonic()
        if has_ended:
            return {"status": _read(status), "said": message, "resumed": resumed}
        if time.monotonic() - beat > _HEARTBEAT_SECONDS:  # fails if nobody listens any more, which ends this process
            answer(beat=True)
            beat = time.monotonic()
        time.sleep(_POLL_SECONDS)


VERBS = {verb.__name__: verb for verb in (facts, missing, take, install, run, read, forget, follow)}


def main() -> int:
    """Carry out the request on standard input."""
    request = json.loads(sys.stdin.buffer.readline())
    try:
        answer(done=VERBS[request["verb"]](request))
    except RefusalError as error:
        answer(error=str(error))
    except BrokenPipeError:
        os._exit(1)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        reason = "the disk is full" if full else error.strerror or str(error)
        answer(error=reason + (f": {error.filename}" if error.filename else ""))
    return 0


def _start(command: list[str], folder: Path, lock: IO[str]) -> None:
    """Start a command in its own session, which inherits the lock; when it ends, its status is written to a file."""
    words = [os.path.expanduser(word) for word in command]  # noqa: PTH111  # words, of which some are paths
    script = '"$@" >output 2>log </dev/null; echo $? >status.partial; sync status.partial; mv status.partial status'
    (folder / "log").touch()
    subprocess.Popen(
        ["/bin/sh", "-c", script, "sh", *words], cwd=str(folder), pass_fds=(lock.fileno(),), start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[IO[str] | None]:
    """Yield the locked file, None if another process holds the lock; a process that inherits the file holds it too."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield file


def _receive(path: Path, size: int) -> str:
    digest, left = hashlib.sha256(), size
    with path.open("wb") as file:
        while left:
            piece = sys.stdin.buffer.read(min(left, _CHUNK))
            if not piece:
                raise RefusalError("the connection was lost while files were copied")
            digest.update(piece)
            file.write(piece)
            left -= len(piece)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _is(path: Path, size: int, digest: str) -> bool:
    try:
        if path.stat().st_size != size:
            return False
        computed = hashlib.sha256()
        with path.open("rb") as file:
            for piece in iter(lambda: file.read(_CHUNK), b""):
                computed.update(piece)
    except OSError:
        return False
    return computed.hexdigest() == digest


def _inside(folder: Path, name: str) -> Path:
    path = folder / name
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise RefusalError(f"{name!r} is not the name of a file within the folder")
    return path


def _run(command: list[str]) -> None:
    ran = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if ran.returncode:
        lines = [line.strip() for line in ran.stdout.decode(errors="replace").splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("ERROR:")] or lines or ["no reason given"]
        if any("No space left" in line or "File too large" in line for line in lines):
            raise RefusalError("the disk is full; free some space there")
        raise RefusalError(f"{' '.join(Path(command[0]).name.split() + command[1:4])} failed: {errors[-1]}")


def _works(python: Path) -> bool:
    try:
        command = [str(python), "-c", "import pip"]
        return not subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        ).returncode
    except OSError:
        return False


def _libc() -> str | None:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, ValueError, OSError):
        return "musl" if list(Path("/lib").glob("ld-musl-*")) else None


def _path(text: str) -> Path:
    return Path(text).expanduser()


def _read(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None


if __name__ == "__main__":
    sys.exit(main())
