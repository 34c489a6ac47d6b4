"""A folder of pictures is a data set whose classes are its sub-folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgecnn.contract import Preprocessing
from edgecnn.data.choice import Draw
from edgecnn.data.folder import load_folder
from edgecnn.errors import DataError

SHAPE = (4, 6, 3)


def _picture(path: Path, colour: tuple[int, int, int] = (10, 20, 30), size: tuple[int, int] = (6, 4)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def test_the_classes_are_the_sub_folders_in_sorted_order(tmp_path: Path) -> None:
    for name in ("dog/2.png", "cat/10.png", "cat/9.png", "ant/1.bmp"):
        _picture(tmp_path / name)
    dataset = load_folder(tmp_path, SHAPE)
    assert dataset.class_names == ("ant", "cat", "dog")
    assert dataset.ids == ("ant/1.bmp", "cat/10.png", "cat/9.png", "dog/2.png")
    assert dataset.labels is not None
    assert dataset.labels.tolist() == [0, 1, 1, 2]
    assert dataset.labels.dtype == np.int64
    assert dataset.name == tmp_path.name


def test_the_models_order_of_classes_decides_the_labels(tmp_path: Path) -> None:
    _picture(tmp_path / "cat" / "1.png")
    _picture(tmp_path / "dog" / "1.png")
    dataset = load_folder(tmp_path, SHAPE, ("dog", "bird", "cat"))
    assert dataset.class_names == ("dog", "bird", "cat")
    assert dataset.labels is not None
    assert dataset.labels.tolist() == [2, 0]


def test_each_picture_is_brought_to_the_shape_and_keeps_its_colours(tmp_path: Path) -> None:
    _picture(tmp_path / "a" / "1.png", (255, 0, 7), size=(6, 4))
    _picture(tmp_path / "a" / "2.png", (1, 2, 3), size=(60, 40))
    images = load_folder(tmp_path, SHAPE).images
    assert images.shape == (2, *SHAPE)
    assert images.dtype == np.uint8
    assert (images[0] == (255, 0, 7)).all()
    assert (images[1] == (1, 2, 3)).all()


def test_a_grey_model_gets_grey_pictures(tmp_path: Path) -> None:
    _picture(tmp_path / "a" / "1.png", (9, 9, 9))
    images = load_folder(tmp_path, (4, 6, 1)).images
    assert images.shape == (1, 4, 6, 1)
    assert (images == 9).all()


@pytest.mark.parametrize("name", ["a/notes.txt", "a/.DS_Store", "a/._1.png", ".cache/1.png", "labels.png"])
def test_what_is_no_picture_of_a_class_is_left_out(name: str, tmp_path: Path) -> None:
    _picture(tmp_path / "a" / "1.PNG")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"?")
    assert load_folder(tmp_path, SHAPE).ids == ("a/1.PNG",)


def test_a_sub_folder_that_is_no_class_names_the_nearest(tmp_path: Path) -> None:
    _picture(tmp_path / "automobil" / "1.png")
    with pytest.raises(DataError, match=r"automobil is not named after a class; did you mean 'automobile'?"):
        load_folder(tmp_path, SHAPE, ("airplane", "automobile", "bird"))


def test_an_unreadable_picture_is_named(tmp_path: Path) -> None:
    _picture(tmp_path / "a" / "1.png")
    (tmp_path / "a" / "2.jpg").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"2.jpg cannot be read as an image"):
        load_folder(tmp_path, SHAPE)


def test_a_truncated_picture_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a" / "1.png"
    path.parent.mkdir()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (50, 50, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(DataError, match=r"1.png cannot be read as an image"):
        load_folder(tmp_path, SHAPE)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        pytest.param([], "has no sub-folders", id="empty"),
        pytest.param(["a/readme.txt"], "has no pictures", id="no pictures"),
    ],
)
def test_a_folder_without_labelled_pictures_is_refused(files: list[str], reason: str, tmp_path: Path) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"?")
    with pytest.raises(DataError, match=reason):
        load_folder(tmp_path, SHAPE)


def test_a_folder_without_sub_folders_has_pictures_that_nobody_labelled(tmp_path: Path) -> None:
    for name in ("b.png", "a.png"):
        _picture(tmp_path / name)
    dataset = load_folder(tmp_path, SHAPE, ("cat", "dog"))
    assert (dataset.ids, dataset.labels, dataset.class_names) == (("a.png", "b.png"), None, ("cat", "dog"))


def test_pictures_that_are_not_drawn_are_not_read(tmp_path: Path) -> None:
    for label in ("a", "b"):
        for number in range(6):
            _picture(tmp_path / label / f"{number}.png")
    drawn = load_folder(tmp_path, SHAPE, draw=Draw(4, seed=2))
    assert [name[0] for name in drawn.ids] == ["a", "a", "b", "b"]
    for path in tmp_path.rglob("*.png"):
        if path.relative_to(tmp_path).as_posix() not in drawn.ids:
            path.write_bytes(b"no picture")
    assert load_folder(tmp_path, SHAPE, draw=Draw(4, seed=2)).ids == drawn.ids


@pytest.mark.parametrize(
    ("fit", "left"),
    [
        pytest.param("stretch", 255, id="stretch"),
        pytest.param("crop", 0, id="crop"),
        pytest.param("pad", 255, id="pad"),
    ],
)
def test_a_picture_of_another_shape_is_fitted_as_wished(fit: str, left: int, tmp_path: Path) -> None:
    """A black picture, twice as wide as high, with a white left quarter."""
    pixels = np.zeros((8, 16, 3), np.uint8)
    pixels[:, :4] = 255
    (tmp_path / "a").mkdir()
    Image.fromarray(pixels).save(tmp_path / "a" / "1.png")
    (image,) = load_folder(tmp_path, (8, 8, 3), preprocessing=Preprocessing(resize="box", fit=fit)).images
    assert image[4, 0].tolist() == [left] * 3
    assert (image[0] == 0).all() == (fit in ("crop", "pad"))
