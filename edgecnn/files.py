"""Atomic writes: a reader sees the old file or the new one, never half of one."""

from __future__ import annotations

import contextlib
import errno
import glob
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from edgecnn.errors import OutputError

_PARTIAL = ".partial"


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_folder(folder: Path) -> str:
    """Return the SHA-256 of the sorted lines "digest  path" of all files below a folder, as `sha256sum` prints them."""
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    lines = "".join(f"{sha256_file(folder / name)}  {name}\n" for name in files)
    return hashlib.sha256(lines.encode()).hexdigest()


def size_bytes(path: Path) -> int:
    """Return the size of a file, or of all files below a folder."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size


def write_atomic(path: Path, content: bytes) -> None:
    """Write `content` to a temporary file in the same folder, then rename it to `path`.

    Files that a killed process left behind are removed first.

    Raises:
        OutputError: the folder cannot be made or written to, or the disk is full; nothing is left behind.
    """
    if path.is_dir():  # "." has no name
        raise cannot_write(path, IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)))
    partial = path.with_name(f".{path.name}.{os.getpid()}{_PARTIAL}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(path)
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


@contextlib.contextmanager
def staging_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside `target`, on the same file system; it is removed on exit.

    Files that a killed process left behind are removed first.

    Raises:
        OutputError: the folder cannot be made, or a write inside the block failed with `OSError`.
    """
    target = target.resolve()  # "." has no name
    staging = target.with_name(f".{target.name}.{os.getpid()}{_PARTIAL}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(target)
        staging.mkdir()
        yield staging
    except OSError as error:
        raise cannot_write(target, error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def check_writable(folder: Path) -> None:
    """Raise `OutputError` if `folder` cannot be created or written to. Call this before long work, not after it."""
    nearest = folder.absolute()
    while not nearest.exists() and not nearest.is_symlink():
        nearest = nearest.parent
    if not nearest.is_dir():
        raise cannot_write(folder, NotADirectoryError(errno.ENOTDIR, f"{nearest} is not a folder"))
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise cannot_write(folder, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))


def cannot_write(path: Path, error: OSError) -> OutputError:
    """Return an error that says why `path` could not be written and what to do about it."""
    return OutputError(f"cannot write {path}: {error.strerror or error}; choose another folder or free space")


def _remove_abandoned(target: Path) -> None:
    for left in target.parent.glob(f".{glob.escape(target.name)}.*{_PARTIAL}"):
        owner = left.name[len(target.name) + 2 : -len(_PARTIAL)]
        if not owner.isdecimal() or _is_another_process(int(owner)):
            continue
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def _is_another_process(process_id: int) -> bool:
    """Whether the process is running and is not this one: in a container a dead process may have had this one's id."""
    if process_id == os.getpid():
        return False
    try:
        os.kill(process_id, 0)  # signal 0 only asks whether the process exists
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
