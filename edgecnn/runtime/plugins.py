"""Backends that other packages provide through the entry-point group `edgecnn.backends`; see docs/backends.md."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from edgecnn.errors import BackendError, first_line
from edgecnn.runtime.backend import BACKENDS, Backend
from edgecnn.versions import installed_version

GROUP = "edgecnn.backends"


@dataclass(frozen=True, slots=True)
class Plugins:
    """The backends of other packages.

    Attributes:
        backends: by name.
        problems: one line for each entry point that brings none.
    """

    backends: dict[str, Backend]
    problems: tuple[str, ...]


@functools.cache
def find_plugins() -> Plugins:
    """Return the backends of all installed packages; reading their metadata takes milliseconds, once a process.

    A package that is broken is a line in `problems` and does not keep the others from being found.
    """
    backends: dict[str, Backend] = {}
    problems = []
    for entry in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        try:
            backend = _load(entry)
            if backend.name in BACKENDS or backend.name in backends:
                raise BackendError(f"there is another backend named {backend.name}")
            backends[backend.name] = backend
        except (Exception, SystemExit) as error:  # it is a stranger's code
            owner = entry.dist.name if entry.dist is not None else "a package"
            problems.append(f"{owner} brings no backend as {entry.name!r}: {first_line(error)}")
    return Plugins(backends, tuple(problems))


def _load(entry: EntryPoint) -> Backend:
    backend = entry.load()
    if not isinstance(backend, Backend):
        raise BackendError(f"{entry.value} is {type(backend).__name__}, not edgecnn.runtime.backend.Backend")
    if backend.name != entry.name:
        raise BackendError(f"{entry.value} names itself {backend.name!r}")
    if installed_version(backend.package) is None:
        raise BackendError(f"{entry.value} names {backend.package!r} as its distribution, which is not installed")
    return backend
