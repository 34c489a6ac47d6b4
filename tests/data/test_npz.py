"""An .npz file is checked before anything in it is believed."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgecnn.data.npz import load_npz
from edgecnn.errors import DataError

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 3), np.uint8)


class _Witness:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return os.mkdir, (self.path,)


def _save(path: Path, **arrays: Any) -> Path:
    np.savez_compressed(path, **arrays)
    return path


def test_images_labels_and_class_names_are_read(tmp_path: Path) -> None:
    labels = np.array([1, 0, 1], np.uint8)
    dataset = load_npz(_save(tmp_path / "d.npz", images=IMAGES, labels=labels, class_names=["no", "yes"]))
    np.testing.assert_array_equal(dataset.images, IMAGES)
    assert dataset.labels is not None
    assert dataset.labels.dtype == np.int64
    assert dataset.labels.tolist() == [1, 0, 1]
    assert dataset.class_names == ("no", "yes")
    assert dataset.ids == ("0", "1", "2")
    assert dataset.name == "d.npz"


@pytest.mark.parametrize(
    ("in_file", "given", "names"),
    [
        pytest.param(["a", "b", "c"], ("x", "y", "z"), ("a", "b", "c"), id="the file's own first"),
        pytest.param(None, ("x", "y", "z"), ("x", "y", "z"), id="then the given ones"),
        pytest.param(None, None, ("0", "1", "2"), id="then numbers"),
    ],
)
def test_class_names_come_from(
    in_file: list[str] | None,
    given: tuple[str, ...] | None,
    names: tuple[str, ...],
    tmp_path: Path,
) -> None:
    arrays = {"images": IMAGES, "labels": [0, 2, 1]} | ({} if in_file is None else {"class_names": in_file})
    assert load_npz(_save(tmp_path / "d.npz", **arrays), given).class_names == names


def test_images_without_labels_are_unlabelled(tmp_path: Path) -> None:
    dataset = load_npz(_save(tmp_path / "d.npz", images=IMAGES))
    assert dataset.labels is None
    assert dataset.class_names == ()


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        pytest.param({"labels": [1]}, "needs an array `images`", id="no images"),
        pytest.param({"images": IMAGES.astype(np.float32) / 255}, "raw pixels 0..255", id="scaled floats"),
        pytest.param({"images": IMAGES.astype(np.int8)}, "uint8", id="int8"),
        pytest.param({"images": IMAGES[0]}, "(N, height, width, channels)", id="one image"),
        pytest.param({"images": IMAGES[:0]}, "needs an array `images`", id="none"),
        pytest.param({"images": IMAGES, "labels": [1, 2]}, "one for each of its 3 images", id="a label short"),
        pytest.param({"images": IMAGES, "labels": [[1], [2], [3]]}, "one for each", id="table of labels"),
        pytest.param({"images": IMAGES, "labels": [1.0, 2.0, 3.0]}, "`labels` of integers", id="float labels"),
        pytest.param({"images": IMAGES, "labels": [0, 1, -1]}, "labels -1..1, but there are 2 classes", id="negative"),
        pytest.param(
            {"images": IMAGES, "labels": [0, 1, 2], "class_names": ["a", "b"]},
            "labels 0..2, but there are 2",
            id="label without a class",
        ),
        pytest.param(
            {"images": IMAGES, "labels": [0, 1, 2**63 - 1]},
            "labels 0..9223372036854775807, but there are 100000",
            id="huge label",
        ),
        pytest.param(
            {"images": IMAGES, "labels": np.array([0, 1, 2**64 - 1], np.uint64)},
            "labels 0..18446744073709551615",
            id="label over int64",
        ),
        pytest.param(
            {"images": IMAGES, "class_names": "cat"}, "`class_names` as a list of strings", id="one class name"
        ),
        pytest.param(
            {"images": IMAGES, "class_names": [b"a"]}, "`class_names` as a list of strings", id="names are bytes"
        ),
        pytest.param({"images": IMAGES, "class_names": [1, 2]}, "`class_names` as a list of strings", id="numbers"),
    ],
)
def test_arrays_of_another_form_are_refused(arrays: dict[str, Any], reason: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load_npz(_save(tmp_path / "d.npz", **arrays))
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["images", "labels", "class_names"])
def test_a_pickled_object_is_refused_and_does_not_run(name: str, tmp_path: Path) -> None:
    witness = tmp_path / "it-ran"
    arrays = {"images": IMAGES, "labels": [0, 1, 2], "class_names": ["a", "b", "c"]}
    path = _save(tmp_path / "d.npz", **arrays | {name: np.array([_Witness(witness)], object)})
    with pytest.raises(DataError, match=r"cannot be read as .npz: Object arrays cannot be loaded"):
        load_npz(path)
    assert not witness.exists()
    np.load(path, allow_pickle=True)[name]
    assert witness.exists(), "the pickle would not have run anywhere, so the test shows nothing"


def _with_raw_member(good: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("images.npy", b"hello")
    return content.getvalue()


def _with_unknown_compression(good: bytes) -> bytes:
    entry = good.index(b"PK\x01\x02")
    return good[: entry + 10] + b"\x63" + good[entry + 11 :]


def _npy(good: bytes) -> bytes:
    content = io.BytesIO()
    np.save(content, IMAGES)
    return content.getvalue()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda good: b"", id="empty"),
        pytest.param(lambda good: b"images", id="text"),
        pytest.param(lambda good: good[:-30], id="cut"),
        pytest.param(lambda good: good[:60] + b"\xff" * 40 + good[100:], id="compressed data"),
        pytest.param(_with_unknown_compression, id="unknown compression"),
        pytest.param(_npy, id="an .npy"),
        pytest.param(_with_raw_member, id="a member that is no array"),
    ],
)
def test_a_damaged_file_is_refused_in_one_line(spoil: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = _save(tmp_path / "d.npz", images=IMAGES, labels=[0, 1, 2])
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(DataError) as caught:
        load_npz(path)
    assert "d.npz" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no such file: .*d.npz"):
        load_npz(tmp_path / "d.npz")
