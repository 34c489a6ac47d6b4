"""A folder that pictures are dropped into, as a source: each picture once, when fully written."""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path
from typing import Protocol

from edgecnn.errors import DataError
from edgecnn.pictures import SUFFIXES
from edgecnn.watch.clock import Clock
from edgecnn.watch.frame import Frame, SourceLostError
from edgecnn.watch.inotify import FolderGoneError, Inotify, OverflowedError
from edgecnn.watch.polling import Polling

_POLL_SECONDS = 1.0
_MARGIN_NS = 1_000_000_000


class _Notifier(Protocol):
    def completed(self, timeout: float) -> list[str]: ...

    def close(self) -> None: ...


class Folder:
    """Pictures dropped into a folder; they wait in order, and none is skipped.

    Only names with a picture's suffix count, except those that start with a dot: copying programs use such names until
    the file is complete.
    """

    def __init__(self, folder: Path, clock: Clock, *, existing: bool = False, poll: float | None = None) -> None:
        """Start watching.

        Args:
            existing: whether to include pictures already in the folder.
            poll: seconds between polls, instead of notification by the kernel; for network drives.

        Raises:
            DataError: the folder cannot be read.
        """
        self.seen = 0
        self.dropped = 0
        self._folder = folder
        self._clock = clock
        self._waiting: deque[tuple[str, float]] = deque()
        self._told_at_ns = 0
        try:
            self._notifier = _notifier(folder, poll, clock)
            if existing:
                self._add(self._changed_since(0))
        except OSError as error:
            raise DataError(f"cannot watch the folder {folder}: {error.strerror or error}") from error

    def newest(self, timeout: float) -> Frame | None:
        """Return the picture that has waited longest, or None if none arrives within `timeout` seconds.

        Raises:
            SourceLostError: the folder is gone.
        """
        try:
            self._add(self._notifier.completed(0.0 if self._waiting else timeout))
        except FolderGoneError as error:
            if not self._waiting:  # waiting pictures come first, each with its own error
                raise SourceLostError(f"the folder {self._folder} is gone") from error
        except OverflowedError:
            self._add(self._changed_since(self._told_at_ns - _MARGIN_NS))
        if not self._waiting:
            return None
        name, found = self._waiting.popleft()
        self.seen += 1
        return Frame(self._folder / name, found, self.seen)

    def close(self) -> bool:
        """End watching."""
        self._notifier.close()
        return True

    def _add(self, names: list[str]) -> None:
        """Append the pictures that are not waiting already: a file may be closed several times."""
        if not names:
            return
        now, waiting = self._clock.now(), {name for name, _ in self._waiting}
        for name in dict.fromkeys(names):
            if name not in waiting and not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES:
                self._waiting.append((name, now))
                self._note_time(name)

    def _note_time(self, name: str) -> None:
        try:
            self._told_at_ns = max(self._told_at_ns, (self._folder / name).stat().st_ctime_ns)
        except OSError:  # moved in the meantime; classifying it reports that
            return

    def _changed_since(self, time_ns: int) -> list[str]:
        """Return the files whose status changed after that time, oldest first."""
        with os.scandir(self._folder) as entries:
            found = [(entry.stat().st_ctime_ns, entry.name) for entry in entries if entry.is_file()]
        return [name for changed, name in sorted(found) if changed > time_ns]


def _notifier(folder: Path, poll: float | None, clock: Clock) -> _Notifier:
    if poll is None:
        try:
            return Inotify(folder)
        except OSError:  # not Linux, or no watch left: the folder may still be readable by polling
            poll = _POLL_SECONDS
    return Polling(folder, poll, clock)
