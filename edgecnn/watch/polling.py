"""Completed files in a folder, found by polling: for network drives, which send no events."""

from __future__ import annotations

import os
from pathlib import Path

from edgecnn.watch.clock import Clock
from edgecnn.watch.inotify import FolderGoneError

_Stamp = tuple[int, int, int]


class Polling:
    """Names of files unchanged between two polls; a writer that pauses longer goes unnoticed."""

    def __init__(self, folder: Path, interval: float, clock: Clock) -> None:
        """Poll every `interval` seconds; files already present are old.

        Raises:
            OSError: the folder cannot be read.
        """
        self._folder = folder
        self._interval = interval
        self._clock = clock
        self._next_look = clock.now() + interval
        self._done = self._look()
        self._growing: dict[str, _Stamp] = {}

    def completed(self, timeout: float) -> list[str]:
        """Return the names of files that became complete, in the order of their time of change.

        Raises:
            FolderGoneError: the folder is no longer there.
        """
        wait = self._next_look - self._clock.now()
        self._clock.sleep(min(timeout, wait))
        if wait > timeout:
            return []
        self._next_look = self._clock.now() + self._interval
        try:
            stamps = self._look()
        except OSError as error:
            raise FolderGoneError from error
        changed = {name: stamp for name, stamp in stamps.items() if self._done.get(name) != stamp}
        complete = [name for name, stamp in changed.items() if self._growing.get(name) == stamp]
        self._growing = {name: stamp for name, stamp in changed.items() if name not in complete}
        self._done = {name: stamp for name, stamp in stamps.items() if name not in self._growing}
        return sorted(complete, key=lambda name: stamps[name][0])

    def close(self) -> None:
        """End looking."""

    def _look(self) -> dict[str, _Stamp]:
        stamps = {}
        with os.scandir(self._folder) as entries:
            for entry in entries:
                try:
                    if entry.is_file():
                        status = entry.stat()
                        stamps[entry.name] = (status.st_mtime_ns, status.st_size, status.st_ino)
                except OSError:  # gone meanwhile
                    continue
        return stamps
