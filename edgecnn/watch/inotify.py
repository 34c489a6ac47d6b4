"""Completed files in a folder, as reported by Linux: closed after writing, or renamed into it."""

from __future__ import annotations

import ctypes
import os
import select
import struct
from pathlib import Path

_CLOSE_WRITE, _MOVED_TO = 0x008, 0x080
_DELETE_SELF, _MOVE_SELF, _UNMOUNT, _OVERFLOW, _IGNORED = 0x400, 0x800, 0x2000, 0x4000, 0x8000
_ONLY_FOLDERS, _IS_FOLDER = 0x01000000, 0x40000000
"""Source: linux/inotify.h."""

_EVENT = struct.Struct("iIII")
"""struct inotify_event: watch, mask, cookie, length of the name that follows. Source: inotify(7)."""

_BUFFER_BYTES = 65536


class FolderGoneError(Exception):
    """The folder was deleted, moved or unmounted."""


class OverflowedError(Exception):
    """The kernel's queue was full, and events were lost."""


class Inotify:
    """The names of files as they become complete in one folder."""

    def __init__(self, folder: Path) -> None:
        """Start watching.

        Raises:
            OSError: this system has no inotify, or no more watches to give.
        """
        self._is_gone = False
        libc = ctypes.CDLL(None, use_errno=True)
        if not hasattr(libc, "inotify_init1"):
            raise OSError("no inotify")
        self._descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        mask = _CLOSE_WRITE | _MOVED_TO | _DELETE_SELF | _MOVE_SELF | _ONLY_FOLDERS
        if libc.inotify_add_watch(self._descriptor, os.fsencode(folder), mask) < 0:
            number = ctypes.get_errno()
            self.close()
            raise OSError(number, os.strerror(number))

    def completed(self, timeout: float) -> list[str]:
        """Return the names of files that became complete, waiting at most `timeout` seconds for the first.

        Raises:
            FolderGoneError: the folder is no longer there.
            OverflowedError: there were more events than the kernel keeps.
        """
        if self._is_gone:
            raise FolderGoneError
        if not select.select([self._descriptor], [], [], timeout)[0]:
            return []
        content = os.read(self._descriptor, _BUFFER_BYTES)
        names, offset = [], 0
        while offset < len(content):
            _, mask, _, length = _EVENT.unpack_from(content, offset)
            offset += _EVENT.size
            name = os.fsdecode(content[offset : offset + length].rstrip(b"\0"))
            offset += length
            if mask & _OVERFLOW:
                raise OverflowedError
            if mask & (_DELETE_SELF | _MOVE_SELF | _UNMOUNT | _IGNORED):
                self._is_gone = True
            if mask & (_CLOSE_WRITE | _MOVED_TO) and not mask & _IS_FOLDER:
                names.append(name)
        if self._is_gone and not names:
            raise FolderGoneError
        return names

    def close(self) -> None:
        """End watching."""
        os.close(self._descriptor)
