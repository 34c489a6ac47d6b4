"""The finished steps of a run, on disk, from which a killed run resumes."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from pathlib import Path
from typing import IO, Any, TypeVar

from edgecnn.errors import MeasurementError
from edgecnn.files import cannot_write
from edgecnn.schema import SchemaError, decode, encode

JOURNAL_NAME = "journal.jsonl"

_T = TypeVar("_T")


def key_of(*parts: Any) -> str:
    """Return the key that identifies a run in its journal: a hash of plan, settings, images and versions."""
    return hashlib.sha256(json.dumps(encode(parts), sort_keys=True).encode()).hexdigest()


class Journal:
    """The finished steps of a run, one line of JSON each, after a line that identifies the run.

    Args:
        path: of the file; None keeps nothing.
        key: from `key_of`.
        resume: whether to continue from the file; else it is overwritten.

    Raises:
        MeasurementError: there is nothing to resume, the file is of another run, or another run is writing to it.
        OutputError: the file cannot be written.
    """

    def __init__(self, path: Path | None, key: str, *, resume: bool = False) -> None:
        self._path, self._records = path, dict[str, Any]()
        self._lock: IO[bytes] | None = None
        if path is None:
            return
        if resume and not path.exists():  # locking would create it
            raise MeasurementError(f"nothing to resume: {path} is not there; run without --resume")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(path)
            if not resume:
                path.write_text(json.dumps({"key": key}) + "\n")
        except OSError as error:
            raise cannot_write(path, error) from error
        if resume:
            try:
                self._records = _read(path, key)
            except MeasurementError:
                self.close()
                raise

    def get(self, step: str, kind: type[_T]) -> _T | None:
        """Return the record of a finished step; None if it is still to do.

        Raises:
            MeasurementError: the record is damaged.
        """
        try:
            return None if step not in self._records else decode(kind, self._records[step])
        except SchemaError as error:
            raise _damaged(self._path) from error

    def add(self, step: str, record: Any) -> None:
        """Save the record of a finished step; it is on disk when this returns."""
        self._records[step] = encode(record)
        if self._path is None:
            return
        try:
            with self._path.open("a") as file:
                file.write(json.dumps({"step": step, "record": self._records[step]}, separators=(",", ":")) + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise cannot_write(self._path, error) from error

    def remove(self) -> None:
        """Delete the file: the result contains everything."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Release the folder for other runs."""
        if self._lock is not None:
            self._lock.close()


def _damaged(path: Path | None) -> MeasurementError:
    return MeasurementError(f"{path} is damaged; run without --resume")


def _locked(path: Path) -> IO[bytes]:
    """Return the open file, locked against other runs while it is open."""
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise MeasurementError(f"another run writes into {path.parent}; wait for it or choose another --out") from error
    return file


def _read(path: Path, key: str) -> dict[str, Any]:
    """Return the records of a journal; an incomplete last line is dropped, and removed from the file."""
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except OSError as error:
        raise MeasurementError(f"cannot read {path}: {error.strerror}") from error
    whole = [line for line in lines if line.endswith(b"\n")]
    try:
        head, *steps = [json.loads(line) for line in whole] or [{}]
        if head.get("key") != key:
            raise MeasurementError(
                f"{path} is of a run with other files, settings, images or versions; run without --resume"
            )
        records = {line["step"]: line["record"] for line in steps}
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise _damaged(path) from error
    if len(whole) < len(lines):
        try:
            path.write_bytes(b"".join(whole))
        except OSError as error:
            raise cannot_write(path, error) from error
    return records
