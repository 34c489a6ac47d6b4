"""Finding a runtime by name or by file format."""

from __future__ import annotations

from edgecnn.errors import BackendError, nearest
from edgecnn.runtime.backend import BACKENDS, Backend
from edgecnn.spec import Format


def known_backends() -> dict[str, Backend]:
    """Return all backends by name: edgecnn's own first, then those of other packages."""
    from edgecnn.runtime.plugins import find_plugins  # more to import than most users need

    return BACKENDS | find_plugins().backends


def named_backend(name: str) -> Backend:
    """Return the backend of that name. Those of other packages are looked for only if edgecnn has none.

    Raises:
        BackendError: there is none.
    """
    if name in BACKENDS:
        return BACKENDS[name]
    known = known_backends()
    if name not in known:
        raise BackendError(f"no backend named {name!r}{nearest(name, known)}")
    return known[name]


def find_backend(file_format: Format, name: str | None = None) -> Backend:
    """Return the backend of that name, or the first installed one that runs `file_format`.

    Raises:
        BackendError: unknown, not installed, or not for this format.
    """
    if name is None:
        return _first_installed(file_format)
    backend = named_backend(name)
    if file_format not in backend.formats:
        fitting = " or ".join(one.name for one in BACKENDS.values() if file_format in one.formats)
        raise BackendError(f"{name} does not run .{file_format.value} files; use {fitting}")
    if not backend.is_installed:
        raise BackendError(f"{name} is not installed; pip install {backend.requirement}")
    return backend


def _first_installed(file_format: Format) -> Backend:
    for look in (_own_backends, known_backends):  # at other packages last, because that takes time
        for backend in look().values():
            if file_format in backend.formats and backend.is_installed:
                return backend
    first = next(backend for backend in BACKENDS.values() if file_format in backend.formats)
    raise BackendError(f"nothing installed runs .{file_format.value} files; pip install {first.requirement}")


def _own_backends() -> dict[str, Backend]:
    return BACKENDS
