"""edgecnn itself as a wheel, built from the running files.

This needs neither a build backend nor a network, and works from a checkout and from an installed package. The version
has a local part, so that pip replaces one build with another.
Source: the wheel format is PyPA's "Binary distribution format" 1.0, the metadata "Core metadata" 2.1.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from edgecnn._version import __version__
from edgecnn.errors import DeviceError

PROJECT = "edgecnn"
_PACKAGE = Path(__file__).parent.parent
_EPOCH = (1980, 1, 1, 0, 0, 0)
_SHORT = 12
"""How many hexadecimal digits of a hash distinguish builds."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """A built wheel: its file name and its content."""

    name: str
    content: bytes


def build_wheel() -> Wheel:
    """Return a wheel of the running edgecnn; the same files give the same bytes.

    Raises:
        DeviceError: its requirements are unknown, because it is neither installed nor a checkout.
    """
    files = {f"{PROJECT}/{name}": path.read_bytes() for name, path in sorted(_files(_PACKAGE, ""))}
    described = _metadata()
    digest = hashlib.sha256(described.encode())
    for name, content in files.items():
        digest.update(f"{name} {len(content)}\n".encode() + content)
    version = f"{__version__}+{digest.hexdigest()[:_SHORT]}"
    folder = f"{PROJECT}-{version}.dist-info"
    files[f"{folder}/METADATA"] = f"Metadata-Version: 2.1\nName: {PROJECT}\nVersion: {version}\n{described}".encode()
    files[f"{folder}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: edgecnn\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{folder}/entry_points.txt"] = b"[console_scripts]\nedgecnn = edgecnn.cli.app:main\n"
    files[f"{folder}/RECORD"] = _record(files, f"{folder}/RECORD").encode()
    return Wheel(f"{PROJECT}-{version}-py3-none-any.whl", _zipped(files))


def _files(folder: Path, prefix: str) -> Iterator[tuple[str, Path]]:
    """Yield each file of the package with its path in the package; in a checkout two of its folders are links."""
    for entry in os.scandir(folder):
        if entry.name.startswith((".", "__pycache__")) or entry.name.endswith(".pyc"):
            continue
        if entry.is_dir():
            yield from _files(Path(entry.path), f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, Path(entry.path)


def _metadata() -> str:
    """Return the metadata lines with the requirements; those of a checkout come from its pyproject.toml."""
    project = _PACKAGE.parent / "pyproject.toml"
    if project.is_file() and (declared := tomllib.loads(project.read_text())["project"])["name"] == PROJECT:
        return "".join(f"{line}\n" for line in _of_project(declared))
    try:
        known = metadata.metadata(PROJECT)
    except metadata.PackageNotFoundError as error:
        raise DeviceError(
            "this edgecnn is not installed; install it with pip, so that its requirements are known"
        ) from error
    keys = ("Requires-Python", "Provides-Extra", "Requires-Dist")
    return "".join(f"{key}: {value}\n" for key in keys for value in known.get_all(key) or ())


def _of_project(project: dict[str, Any]) -> Iterator[str]:
    yield f"Requires-Python: {project['requires-python']}"
    for requirement in project["dependencies"]:
        yield f"Requires-Dist: {requirement}"
    for extra, requirements in project["optional-dependencies"].items():
        yield f"Provides-Extra: {extra}"
        for requirement in requirements:
            name, _, marker = requirement.partition(";")
            condition = f"({marker.strip()}) and " if marker else ""
            yield f"Requires-Dist: {name.strip()} ; {condition}extra == '{extra}'"


def _record(files: dict[str, bytes], own: str) -> str:
    lines = [
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b'=').decode()},{len(content)}"
        for name, content in files.items()
    ]
    return "\n".join([*lines, f"{own},,", ""])


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED if name.endswith((".py", "METADATA")) else zipfile.ZIP_STORED
            archive.writestr(entry, content)
    return buffer.getvalue()
