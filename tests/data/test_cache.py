"""The cache is whole, checked, or an error that says what to do."""

from __future__ import annotations

import io
import resource
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgecnn.data.cache import cache_folder, cifar10_folder, load_arrays, load_full, store
from edgecnn.data.cifar10 import fingerprint
from edgecnn.data.fetch import _existing_copies
from edgecnn.errors import DataError, OutputError
from tests.fakes.published import ARRAYS, EXPECTED, contents

FILES = ["test_images.npy", "test_labels.npy", "train_images.npy", "train_labels.npy"]


def _npy(array: object) -> bytes:
    content = io.BytesIO()
    np.save(content, np.asarray(array), allow_pickle=True)
    return content.getvalue()


def _zipped(array: object) -> bytes:
    content = io.BytesIO()
    np.savez(content, np.asarray(array))
    return content.getvalue()


def test_what_was_stored_is_loaded() -> None:
    assert store(ARRAYS, EXPECTED) == cifar10_folder()
    found = load_arrays(EXPECTED)
    np.testing.assert_array_equal(found.train_images, ARRAYS.train_images)
    np.testing.assert_array_equal(found.train_labels, ARRAYS.train_labels)
    np.testing.assert_array_equal(found.test_images, ARRAYS.test_images)
    np.testing.assert_array_equal(found.test_labels, ARRAYS.test_labels)


def test_storing_leaves_four_files_and_nothing_beside_them() -> None:
    for _ in range(2):
        folder = store(ARRAYS, EXPECTED)
        assert sorted(file.name for file in folder.iterdir()) == FILES
        assert list(cache_folder().iterdir()) == [folder]


def test_storing_replaces_what_was_there() -> None:
    other = replace(ARRAYS, test_images=255 - ARRAYS.test_images)
    store(other, fingerprint(other, EXPECTED.train_batches))
    store(ARRAYS, EXPECTED)
    np.testing.assert_array_equal(load_arrays(EXPECTED).test_images, ARRAYS.test_images)


def test_storing_repairs_a_damaged_cache() -> None:
    (store(ARRAYS, EXPECTED) / "test_images.npy").write_bytes(b"")
    store(ARRAYS, EXPECTED)
    load_arrays(EXPECTED)


def test_arrays_that_are_not_the_expected_ones_leave_the_cache_as_it_was() -> None:
    before = contents(store(ARRAYS, EXPECTED))
    with pytest.raises(DataError):
        store(replace(ARRAYS, test_labels=ARRAYS.test_labels[::-1]), EXPECTED)
    assert contents(cifar10_folder()) == before


@pytest.mark.parametrize("there_is_a_cache", [True, False], ids=["over a cache", "first time"])
def test_a_full_disk_leaves_the_cache_as_it_was(there_is_a_cache: bool) -> None:
    if there_is_a_cache:
        store(ARRAYS, EXPECTED)
    before = contents(cache_folder())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(OutputError, match="cannot write"):
            store(ARRAYS, EXPECTED)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert contents(cache_folder()) == before


@pytest.mark.parametrize("below", ["cache", "deep/er/cache"], ids=["directly", "deeply"])
def test_a_cache_that_cannot_be_written_is_an_output_error(
    below: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    monkeypatch.setenv("EDGECNN_CACHE", str(tmp_path / "file" / below))
    with pytest.raises(OutputError, match="choose another folder"):
        store(ARRAYS, EXPECTED)
    assert (tmp_path / "file").read_bytes() == b"mine"


def test_without_a_fetch_the_error_names_the_command() -> None:
    with pytest.raises(DataError, match=r"is not in .*cifar10; get it with `edgecnn data fetch`"):
        load_arrays(EXPECTED)
    with pytest.raises(DataError, match="edgecnn data fetch"):
        load_full("test")


@pytest.mark.parametrize(
    ("file", "spoil"),
    [
        pytest.param("train_images.npy", lambda good: good[:-1] + bytes([good[-1] ^ 1]), id="one bit of a pixel"),
        pytest.param("test_labels.npy", lambda good: good[:-1] + bytes([good[-1] ^ 1]), id="one bit of a label"),
        pytest.param("train_images.npy", lambda good: good[:-1], id="one byte short"),
        pytest.param("train_images.npy", lambda good: b"", id="empty"),
        pytest.param("train_images.npy", lambda good: b"X" + good[1:], id="magic number"),
        pytest.param("train_images.npy", lambda good: good.replace(b"}", b"{", 1), id="header without an end"),
        pytest.param("train_images.npy", lambda good: good.replace(b"32, 3)", b"32, 1)", 1), id="another shape"),
        pytest.param("train_labels.npy", lambda good: good.replace(b"|u1", b"|i1", 1), id="another type"),
        pytest.param("train_labels.npy", lambda good: _npy([None]), id="pickled objects"),
        pytest.param("train_labels.npy", lambda good: _npy(5), id="a number"),
        pytest.param("train_labels.npy", lambda good: _zipped([5]), id="an .npz"),
    ],
)
def test_damage_is_noticed_when_the_cache_is_read(file: str, spoil: Callable[[bytes], bytes]) -> None:
    path = store(ARRAYS, EXPECTED) / file
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(DataError, match=r"is damaged.*run `edgecnn data fetch` again") as caught:
        load_arrays(EXPECTED)
    assert "\n" not in str(caught.value)


def test_a_cache_of_another_data_set_is_noticed() -> None:
    store(ARRAYS, EXPECTED)
    with pytest.raises(DataError, match="is damaged"):
        load_arrays()


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        pytest.param({"EDGECNN_CACHE": "/a/b", "XDG_CACHE_HOME": "/x"}, "/a/b", id="own variable first"),
        pytest.param({"EDGECNN_CACHE": "~/mine"}, "{home}/mine", id="tilde"),
        pytest.param({"XDG_CACHE_HOME": "/x"}, "/x/edgecnn", id="XDG"),
        pytest.param({"EDGECNN_CACHE": "", "XDG_CACHE_HOME": ""}, "{home}/.cache/edgecnn", id="empty is unset"),
        pytest.param({}, "{home}/.cache/edgecnn", id="home"),
    ],
)
def test_the_cache_folder_is_where_the_environment_says(
    variables: dict[str, str],
    folder: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("EDGECNN_CACHE")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache_folder() == Path(folder.format(home=home))


def test_a_user_without_a_home_folder_is_told_which_variable_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "EDGECNN_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 4_000_000)
    with pytest.raises(DataError, match="set EDGECNN_CACHE"):
        cache_folder()
    assert _existing_copies() == []
