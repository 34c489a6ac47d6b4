"""Versions of edgecnn and of the packages that it uses."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import platform
import re

from edgecnn._version import __version__


def installed_version(package: str) -> str | None:
    """Return the version of an installed distribution; None where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def versions_of(*packages: str) -> dict[str, str]:
    """Return the versions of edgecnn, Python and those of `packages` that are installed."""
    found = {"edgecnn": __version__, "python": platform.python_version()}
    for package in packages:
        if version := installed_version(package):
            found[package] = version
    return found


@functools.cache
def installed_bytes(package: str) -> int | None:
    """Return the size of the files of an installed distribution; None where it is not installed or lists no files."""
    try:
        files = importlib.metadata.files(package)
    except importlib.metadata.PackageNotFoundError:
        return None
    if not files:
        return None
    places = (file.locate() for file in files if file.suffix != ".pyc")
    return sum(os.stat(place).st_size for place in places if os.path.isfile(place))  # noqa: PTH116, PTH113  # fast


def release_numbers(version: str) -> tuple[int, ...]:
    """Return the numbers at the start of a version, to compare: "2.14.0rc1" and "2.14" are both (2, 14)."""
    numbers = []
    for part in version.strip().split("."):
        digits = re.match(r"\d+", part)
        if digits is None:
            break
        numbers.append(int(digits.group()))
        if digits.group() != part:
            break
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
