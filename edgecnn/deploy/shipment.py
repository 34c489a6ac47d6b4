"""Files for a device: which, and sending those that it does not have yet."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from edgecnn.artifact import MANIFEST_NAME, read_manifest
from edgecnn.deploy.client import Device
from edgecnn.errors import DataError, DeviceError
from edgecnn.files import sha256_file
from edgecnn.runtime.side_file import side_file_of


@dataclass(frozen=True, slots=True)
class File:
    """A file here and what it has to be there: its path in the folder, its size, and its SHA-256."""

    path: Path
    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Shipment:
    """A folder for a device.

    Attributes:
        name: of the folder there.
        files: in the order in which they are sent; what describes the others is last.
        paths: within the folder, what a command is to be given.
    """

    name: str
    files: tuple[File, ...]
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """What a copy cost: files and bytes that were sent, out of so many files."""

    sent: int
    size_bytes: int
    files: int


def pack_artifacts(paths: tuple[Path, ...]) -> Shipment:
    """Return a shipment of folders of artifacts and of single model files; the manifest of a folder comes last.

    Raises:
        ArtifactError: a folder is none that `edgecnn export` made, or its files are not those of its manifest.
        DeviceError: a file is missing, or two have one name.
    """
    if len(paths) == 1 and paths[0].is_dir():
        return Shipment(paths[0].resolve().name, _folder(paths[0], ""), ("",))
    files: list[File] = []
    for path in paths:
        files += _folder(path, f"{path.resolve().name}/") if path.is_dir() else _model(path)
    if len({file.name for file in files}) < len(files):
        raise DeviceError("two of the paths have the same name; rename one, as both are copied into one folder")
    names = tuple(path.resolve().name if path.is_dir() else path.name for path in paths)
    return Shipment(paths[0].resolve().parent.name or "artifacts", tuple(files), names)


def pack_data(path: Path) -> Shipment:
    """Return a shipment of a data set: an .npz file, or a folder of pictures.

    Raises:
        DataError: it is not there.
    """
    if path.is_dir():
        files = [(file, file.relative_to(path).as_posix()) for file in sorted(path.rglob("*")) if file.is_file()]
        return Shipment(path.resolve().name, tuple(_file(file, name) for file, name in files), ("",))
    if path.is_file():
        return Shipment(path.stem, (_file(path, path.name),), (path.name,))
    raise DataError(f"no data set, folder or .npz file named {str(path)!r}")


def send(shipment: Shipment, device: Device, folder: str) -> Sent:
    """Send the files that the device lacks or has otherwise, and return what that was.

    Files that a manifest there names, and this one not any longer, are removed.

    Args:
        shipment: what has to be there.
        device: to which.
        folder: there.

    Raises:
        DeviceError: the connection was lost, the disk is full, a file arrived changed.
    """
    listed = [(file.name, file.size_bytes, file.sha256) for file in shipment.files]
    answer = device.ask("missing", folder=folder, files=listed)
    lacking = set(answer["missing"])
    remove = _named(answer["manifest"]) - {file.name for file in shipment.files} if MANIFEST_NAME in lacking else set()
    needed = [file for file in shipment.files if file.name in lacking]
    if needed or remove:
        described = [(file.name, file.size_bytes, file.sha256) for file in needed]
        contents = [file.path for file in needed]
        device.ask("take", contents=contents, folder=folder, files=described, remove=sorted(remove))
    return Sent(len(needed), sum(file.size_bytes for file in needed), len(shipment.files))


def _named(manifest: str | None) -> set[str]:
    """Return the files in an old manifest of any version; none where it is not one."""
    try:
        return {str(entry["file"]) for entry in json.loads(manifest or "")["artifacts"]}
    except (ValueError, KeyError, TypeError):
        return set()


def _folder(folder: Path, prefix: str) -> tuple[File, ...]:
    entries = read_manifest(folder).artifacts  # checks the files, too
    names = [*(entry.place for entry in entries), MANIFEST_NAME]
    return tuple(_file(folder / name, prefix + name) for name in names)


def _model(path: Path) -> tuple[File, ...]:
    side = side_file_of(path)
    return tuple(_file(file, file.name) for file in (path, side) if file == path or file.exists())


def _file(path: Path, name: str) -> File:
    try:
        return File(path, name, path.stat().st_size, sha256_file(path))
    except FileNotFoundError as error:
        raise DeviceError(f"no such file: {path}") from error
    except OSError as error:
        raise DeviceError(f"cannot read {path}: {error.strerror}") from error
