"""Versions of edgecnn and of what it works with."""

from __future__ import annotations

import importlib.metadata
import platform

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
