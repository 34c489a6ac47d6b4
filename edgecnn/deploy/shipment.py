"""Files for a device, and sending those that it does not have yet."""

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
    """A file to send: its path here, and its path in the folder there, its size and its SHA-256."""

    path: Path
    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Shipment:
    """Files for one folder on a device.

    Attributes:
        name: of the folder on the device.
        files: in the order in which they are sent; a manifest comes after the files that it lists.
        paths: the paths within the folder to pass to a command.
    """

    name: str
    files: tuple[File, ...]
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """The result of a copy: how many files and bytes were sent, and how many files there are."""

    sent: int
    size_bytes: int
    files: int


def pack_artifacts(paths: tuple[Path, ...]) -> Shipment:
    """Return a shipment of folders of artifacts and of single model files; the manifest of a folder comes last.

    Raises:
        ArtifactError: a folder was not made by `edgecnn export`, or its files do not match its manifest.
        DeviceError: a file is missing, or two have the same name.
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
        DataError: it does not exist.
    """
    if path.is_dir():
        files = [(file, file.relative_to(path).as_posix()) for file in sorted(path.rglob("*")) if file.is_file()]
        return Shipment(path.resolve().name, tuple(_file(file, name) for file, name in files), ("",))
    if path.is_file():
        return Shipment(path.stem, (_file(path, path.name),), (path.name,))
    raise DataError(f"no data set, folder or .npz file named {str(path)!r}")


def send(shipment: Shipment, device: Device, folder: str) -> Sent:
    """Send the files that are missing or different on the device, and return how many there were.

    Files that only the old manifest on the device lists are removed.

    Args:
        shipment: the files.
        device: the device.
        folder: on the device.

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
    """Return the files in an old manifest of any version; none if it is not a manifest."""
    try:
        return {str(entry["file"]) for entry in json.loads(manifest or "")["artifacts"]}
    except (ValueError, KeyError, TypeError):
        return set()


def _folder(folder: Path, prefix: str) -> tuple[File, ...]:
    entries = read_manifest(folder).artifacts  # this also checks the files
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
