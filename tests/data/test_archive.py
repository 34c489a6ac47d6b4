"""Every published form gives the same arrays, and a damaged or hostile archive gives one line."""

from __future__ import annotations

import io
import json
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgecnn.data.archive import read_archive
from edgecnn.data.cache import cifar10_folder, store
from edgecnn.data.cifar10 import check
from edgecnn.data.fetch import fetch
from edgecnn.errors import DataError
from tests.fakes.published import ARRAYS, EXPECTED, FORMS, Files, contents, members, pack, unpack

_BLACK = np.zeros((1, 3072), np.uint8)


def _drop(name: str) -> Callable[[Files], Files]:
    return lambda files: {path: content for path, content in files.items() if not path.endswith(name)}


def _replace(name: str, change: Callable[[bytes], bytes]) -> Callable[[Files], Files]:
    return lambda files: {path: change(content) if path.endswith(name) else content for path, content in files.items()}


def _zip(good: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("data_batch_1.bin", bytes(3073))
    return content.getvalue()


def _bmp(png: bytes) -> bytes:
    from PIL import Image

    content = io.BytesIO()
    Image.open(io.BytesIO(png)).save(content, "BMP")
    return content.getvalue()


def _pickled(batch: object) -> Callable[[bytes], bytes]:
    return lambda good: pickle.dumps(batch, protocol=2)


def _refusal(origin: Path) -> str:
    """Return the message of the error that a fetch ends with, over a cache that must not change."""
    store(ARRAYS, EXPECTED)
    before = contents(cifar10_folder())
    with pytest.raises(DataError) as caught:
        fetch(origin, expected=EXPECTED)
    assert contents(cifar10_folder()) == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("packed", [True, False], ids=["archive", "folder"])
def test_every_form_gives_the_same_arrays(form: str, packed: bool, tmp_path: Path) -> None:
    path = (pack if packed else unpack)(members(form), tmp_path / "small")
    found = read_archive(path, EXPECTED)
    check(found, EXPECTED)
    np.testing.assert_array_equal(found.train_images, ARRAYS.train_images)
    np.testing.assert_array_equal(found.train_labels, ARRAYS.train_labels)
    np.testing.assert_array_equal(found.test_images, ARRAYS.test_images)
    np.testing.assert_array_equal(found.test_labels, ARRAYS.test_labels)


@pytest.mark.parametrize("mode", ["w", "w:bz2", "w:xz"], ids=["tar", "bz2", "xz"])
def test_an_archive_may_be_recompressed(mode: str, tmp_path: Path) -> None:
    folder = unpack(members("binary"), tmp_path / "files")
    with tarfile.open(tmp_path / "small", mode) as archive:  # type: ignore[call-overload]
        archive.add(folder, "cifar-10-batches-bin")
    check(read_archive(tmp_path / "small", EXPECTED), EXPECTED)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda good: b"", id="empty"),
        pytest.param(lambda good: b"<html>moved</html>" * 100, id="a web page"),
        pytest.param(lambda good: good[:20], id="cut in the first header"),
        pytest.param(lambda good: good[: len(good) // 2], id="cut in the middle"),
        pytest.param(lambda good: good[:10] + bytes(range(256)) * 40, id="garbage after the gzip header"),
        pytest.param(lambda good: good[:5000] + b"\xff" * 500 + good[5500:], id="garbage in the middle"),
        pytest.param(_zip, id="a zip"),
    ],
)
def test_a_damaged_file_is_refused_in_one_line_and_the_cache_stays(
    spoil: Callable[[bytes], bytes],
    tmp_path: Path,
) -> None:
    path = pack(members("binary"), tmp_path / "small.tar.gz")
    path.write_bytes(spoil(path.read_bytes()))
    _refusal(path)


@pytest.mark.parametrize(
    ("form", "spoil", "reason"),
    [
        pytest.param("binary", _drop("data_batch_1.bin"), "is not CIFAR-10", id="first batch missing"),
        pytest.param("binary", _drop("data_batch_2.bin"), "has no data_batch_2.bin", id="second batch missing"),
        pytest.param("python2", _drop("test_batch"), "has no test_batch", id="test batch missing"),
        pytest.param("npm", _drop("train_lables.json"), "has no train_lables.json", id="labels missing"),
        pytest.param("binary", _replace("_2.bin", lambda good: good[:-1]), "cannot be decoded", id="one byte short"),
        pytest.param("binary", _replace("_2.bin", lambda good: good[:-3073]), "SHA-256", id="one image short"),
        pytest.param("binary", _replace("_2.bin", lambda good: b""), "SHA-256", id="empty batch"),
        pytest.param(
            "binary", _replace("_2.bin", lambda good: good[:-1] + bytes([good[-1] ^ 1])), "SHA-256", id="one bit"
        ),
        pytest.param("python2", _replace("data_batch_2", lambda good: good[:-9]), "cannot be decoded", id="cut pickle"),
        pytest.param("python3", _replace("data_batch_2", _pickled([1, 2])), "no data and labels", id="pickled list"),
        pytest.param(
            "python3",
            _replace("data_batch_2", _pickled({b"data": b"x", b"labels": [1]})),
            "are not arrays",
            id="pickled text",
        ),
        pytest.param(
            "python3",
            _replace("data_batch_2", _pickled({b"data": _BLACK, b"labels": 1})),
            "one label per image",
            id="pickled single label",
        ),
        pytest.param(
            "python3",
            _replace("data_batch_2", _pickled({b"data": _BLACK, b"labels": [[1]]})),
            "one label per image",
            id="pickled table of labels",
        ),
        pytest.param("npm", _replace("_2.png", lambda good: good[:200]), "cannot be decoded", id="cut PNG"),
        pytest.param("npm", _replace("_2.png", _bmp), "cannot be decoded", id="no PNG"),
        pytest.param("npm", _replace("train_lables.json", lambda good: b"[1, "), "cannot be decoded", id="cut labels"),
        pytest.param("npm", _replace("train_lables.json", lambda good: b"[300]"), "cannot be decoded", id="label 300"),
        pytest.param("npm", _replace("test_lables.json", lambda good: b"3"), "SHA-256", id="labels are a number"),
        pytest.param(
            "npm",
            _replace("train_lables.json", lambda good: json.dumps([[1]] * 20).encode()),
            "SHA-256",
            id="labels are a table",
        ),
    ],
)
def test_a_wrong_member_is_refused_in_one_line_and_the_cache_stays(
    form: str,
    spoil: Callable[[Files], Files],
    reason: str,
    tmp_path: Path,
) -> None:
    path = pack(spoil(members(form)), tmp_path / "small.tar.gz")
    assert reason in _refusal(path)


@pytest.mark.parametrize(
    ("name", "size", "reason"),
    [
        pytest.param("data_batch_1.bin", 64 * 2**20 + 1, "larger than any member", id="a member over 64 MiB"),
        pytest.param("README", 2**30 + 1, "more than 1 GiB", id="an archive over 1 GiB"),
    ],
)
def test_an_oversized_member_is_refused_before_it_is_read(name: str, size: int, reason: str, tmp_path: Path) -> None:
    header_alone = tarfile.TarInfo(name)
    header_alone.size = size
    with tarfile.open(tmp_path / "small.tar", "w") as archive:
        archive.addfile(header_alone)
    assert reason in _refusal(tmp_path / "small.tar")


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME], ids=["x", "g", "L"])
def test_a_header_that_is_longer_than_any_name_is_refused_before_it_is_read(kind: bytes, tmp_path: Path) -> None:
    header_alone = tarfile.TarInfo("name")
    header_alone.type, header_alone.size = kind, 2**33
    (tmp_path / "small.tar").write_bytes(header_alone.tobuf(tarfile.GNU_FORMAT))
    assert "a header of the archive is 8589934592 bytes" in _refusal(tmp_path / "small.tar")


def test_an_archive_of_countless_empty_members_is_refused(tmp_path: Path) -> None:
    (tmp_path / "many.tar").write_bytes(tarfile.TarInfo("empty").tobuf() * 10_001)
    assert "more than 10,000 members" in _refusal(tmp_path / "many.tar")


def test_an_oversized_file_in_a_folder_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "data_batch_1.bin").open("wb") as file:
        file.truncate(64 * 2**20 + 1)
    with pytest.raises(DataError, match=r"data_batch_1.bin is 67108865 bytes"):
        read_archive(tmp_path, EXPECTED)


@pytest.mark.parametrize("prefix", ["../../../", "/", "a/../../"], ids=["up", "absolute", "mixed"])
def test_no_member_is_written_to_disk_whatever_its_name_says(prefix: str, tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b" / "c"
    inner.mkdir(parents=True)
    files = {prefix + Path(name).name: content for name, content in members("binary").items()}
    path = pack(files | {prefix + "evil": b"!"}, inner / "small.tar.gz")
    before = sorted(tmp_path.rglob("*"))
    check(read_archive(path, EXPECTED), EXPECTED)
    assert sorted(tmp_path.rglob("*")) == before
    assert not Path("/evil").exists()


def test_a_link_in_an_archive_is_not_followed(tmp_path: Path) -> None:
    link = tarfile.TarInfo("data_batch_1.bin")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(tmp_path / "small.tar", "w") as archive:
        archive.addfile(link)
    with pytest.raises(DataError, match="is not CIFAR-10"):
        read_archive(tmp_path / "small.tar", EXPECTED)


def test_a_folder_without_batches_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not CIFAR-10"):
        read_archive(tmp_path, EXPECTED)
