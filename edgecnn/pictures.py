"""Finding picture files from files, folders, quoted globs, and lists of paths, one at a time.

Nothing here keeps a list, so a folder of a million files takes no more memory than one of ten. A folder that cannot be
read does not end the search: it is yielded as an error.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from edgecnn.errors import DataError

if TYPE_CHECKING:
    import re
    from pathlib import Path
    from typing import BinaryIO

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""Suffixes of the files in an image folder that count as pictures."""

LIST = "-"
"""The argument that stands for a list of paths on standard input."""

_LONGEST_PATH = 2**16
"""A list without a separator is not a list: Linux has no path longer than 4,096 bytes."""

_CHUNK = 2**13

_MAGIC = frozenset("*?[")

Found = Iterator[str | DataError]


def find_pictures(argument: str) -> Found:
    """Yield the paths of the pictures that an argument of a command names.

    An existing file is used whatever its name. A folder is searched recursively, in the order of the file system, for
    names that end in one of `SUFFIXES`; hidden files and folders are skipped, and links to folders are not followed. An
    argument that does not exist and contains `*`, `?` or `[` is a glob, in which `**` matches any number of folders;
    its matches are treated as named, except for folders that `**` searches anyway.

    Args:
        argument: a path or a glob.
    """
    if _MAGIC.isdisjoint(argument) or os.path.lexists(argument):
        yield from _named(argument)
        return
    empty = True
    parts = [part for part in argument.split("/") if part]
    recursive = "**" in parts
    for match in _matches("/" if argument.startswith("/") else "", [*parts, "*"] if parts[-1] == "**" else parts):
        if isinstance(match, DataError):
            yield match
        elif recursive and os.path.isdir(match):  # what is in it is matched itself
            continue
        else:
            yield from _named(match)
        empty = False
    if empty:
        yield DataError(f"nothing matches {argument}")


def find_all(arguments: Sequence[str], paths: BinaryIO, separator: bytes) -> Found:
    """Yield the pictures that all arguments of a command name, in order.

    Args:
        arguments: paths, globs, or `LIST` for a list.
        paths: where a list is read from.
        separator: the byte that ends each path of a list.
    """
    for argument in arguments:
        yield from read_list(paths, separator) if argument == LIST else find_pictures(argument)


def is_one_file(argument: str) -> bool:
    """Whether an argument names a single file, and not a folder, a glob or a list."""
    if argument == LIST or os.path.isdir(argument):
        return False
    return _MAGIC.isdisjoint(argument) or os.path.lexists(argument)


def read_list(file: BinaryIO, separator: bytes) -> Found:
    """Yield the pictures that the paths of a list name, as the paths arrive; a path is never a glob.

    Args:
        file: open for reading; available data is read at once, without waiting for a full buffer.
        separator: the byte that ends each path.
    """
    rest = b""
    while chunk := file.read1(_CHUNK):  # type: ignore[attr-defined]  # standard input is buffered
        *whole, rest = (rest + chunk).split(separator)
        for path in whole:
            if path:
                yield from _named(os.fsdecode(path))
        if len(rest) > _LONGEST_PATH:
            yield DataError(f"the list of paths has an entry of more than {_LONGEST_PATH:,} bytes: is it a list?")
            return
    if rest:
        yield from _named(os.fsdecode(rest))


def _named(path: str) -> Found:
    """Yield the path itself, or the pictures below it."""
    if not os.path.isdir(path):
        yield path
        return
    empty = True
    for found in _below(path):
        empty = False
        yield found
    if empty:
        yield DataError(f"{path} has no pictures in it (looked for {', '.join(sorted(SUFFIXES))})")


def pictures_in(folder: Path) -> list[Path]:
    """Return the pictures of one folder, sorted by name, without hidden ones.

    Raises:
        OSError: it cannot be read.
    """
    return [
        file
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")  # macOS leaves ._cat.jpg beside cat.jpg
    ]


def _below(folder: str) -> Found:
    for entry in _shown(folder):
        if isinstance(entry, DataError):
            yield entry
        elif entry.is_dir(follow_symlinks=False):
            yield from _below(entry.path)
        elif os.path.splitext(entry.name)[1].lower() in SUFFIXES and _may_be_read(entry):
            yield entry.path


def _may_be_read(entry: os.DirEntry[str]) -> bool:
    """Whether it is no pipe or device, which would be waited for. A link that leads nowhere is a broken picture."""
    return entry.is_file() or entry.is_symlink()


def _matches(base: str, parts: list[str]) -> Found:
    """Yield what matches the parts of a glob below `base`, which ends in a slash or is empty."""
    if not parts:
        yield base.rstrip("/") or "/"
        return
    first, rest = parts[0], parts[1:]
    if _MAGIC.isdisjoint(first):
        if os.path.lexists(base + first):
            yield from _matches(f"{base}{first}/", rest)
        return
    if first == "**":
        yield from _matches(base, rest)
    pattern = None if first == "**" else _compiled(first)
    for entry in _shown(base, first):
        if isinstance(entry, DataError):
            yield entry
        elif pattern is None:
            if entry.is_dir(follow_symlinks=False):
                yield from _matches(f"{base}{entry.name}/", parts)
        elif pattern.match(entry.name) and (not rest or entry.is_dir()):
            yield from _matches(f"{base}{entry.name}/", rest)


def _compiled(pattern: str) -> re.Pattern[str]:
    import fnmatch
    import re

    return re.compile(fnmatch.translate(pattern))


def _shown(folder: str, pattern: str = "") -> Iterator[os.DirEntry[str] | DataError]:
    """Yield the entries of a folder ("" is the current one), hidden ones only for a pattern that begins with a dot."""
    hidden = pattern.startswith(".")
    try:
        with os.scandir(folder or ".") as entries:
            for entry in entries:
                if hidden or not entry.name.startswith("."):  # macOS leaves ._cat.jpg beside cat.jpg
                    yield entry
    except OSError as error:
        yield DataError(f"cannot read the folder {folder or '.'}: {error.strerror}")
