"""`--data` takes a name, a folder or an .npz file, and says what is wrong with anything else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgecnn.data.cifar10 import CLASS_NAMES, IMAGE_SHAPE
from edgecnn.data.sources import NAMED, open_dataset
from edgecnn.errors import DataError


@pytest.mark.parametrize(("name", "count", "first"), [("sample", 2000, "test/"), ("calibration", 512, "train/")])
def test_an_embedded_part_is_opened_by_name(name: str, count: int, first: str) -> None:
    dataset = open_dataset(name, IMAGE_SHAPE, CLASS_NAMES)
    assert len(dataset) == count
    assert all(identity.startswith(first) for identity in dataset.ids)


@pytest.mark.parametrize(("name", "count", "split"), [("cifar10", 10_000, "test"), ("cifar10-train", 50_000, "train")])
def test_the_full_set_is_opened_by_name(
    name: str,
    count: int,
    split: str,
    full_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EDGECNN_CACHE", str(full_cache))
    dataset = open_dataset(name, IMAGE_SHAPE, CLASS_NAMES)
    assert (len(dataset), dataset.ids[-1]) == (count, f"{split}/{count - 1}")


@pytest.mark.parametrize("name", ["cifar10", "cifar10-train"])
def test_the_full_set_must_be_fetched_first(name: str) -> None:
    with pytest.raises(DataError, match="edgecnn data fetch"):
        open_dataset(name, IMAGE_SHAPE)


def test_a_name_goes_before_a_folder_of_that_name() -> None:
    Path("sample").mkdir()
    assert len(open_dataset("sample", IMAGE_SHAPE)) == 2000


def test_a_folder_is_resized_to_the_model(tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    Image.new("RGB", (100, 50), (1, 2, 3)).save(tmp_path / "cat" / "1.png")
    dataset = open_dataset(str(tmp_path), (8, 9, 3), ("dog", "cat"))
    assert dataset.images.shape == (1, 8, 9, 3)
    assert dataset.labels is not None
    assert dataset.labels.tolist() == [1]


def test_an_npz_file_takes_the_models_labels(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", images=np.zeros((2, 8, 8, 3), np.uint8), labels=[0, 1])
    assert open_dataset(str(tmp_path / "d.npz"), (8, 8, 3), ("cat", "dog")).class_names == ("cat", "dog")


def test_images_of_another_size_are_refused_with_both_sizes(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", images=np.zeros((2, 8, 8, 3), np.uint8), labels=[0, 1])
    with pytest.raises(DataError, match="images of 8×8×3, but 32×32×3 is needed"):
        open_dataset(str(tmp_path / "d.npz"), IMAGE_SHAPE)
    with pytest.raises(DataError, match="images of 32×32×3, but 96×96×1 is needed"):
        open_dataset("sample", (96, 96, 1))


@pytest.mark.parametrize("labels", [("cat", "dog"), CLASS_NAMES[::-1]], ids=["others", "another order"])
def test_a_model_of_other_classes_is_refused(labels: tuple[str, ...]) -> None:
    with pytest.raises(DataError, match=f"has the classes airplane, .* the model has {labels[0]}, {labels[1]}"):
        open_dataset("sample", IMAGE_SHAPE, labels)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("sampel", "; did you mean 'sample'?"),
        ("cifar-10", "; did you mean 'cifar10'?"),
        ("photos/", f"; known: {', '.join(sorted(NAMED))}"),
        ("d.zip", f"; known: {', '.join(sorted(NAMED))}"),
    ],
)
def test_an_unknown_name_gets_the_nearest_or_all(text: str, advice: str) -> None:
    with pytest.raises(DataError) as caught:
        open_dataset(text, IMAGE_SHAPE)
    assert str(caught.value) == f"no data set, folder or .npz file named {text!r}{advice}"


def test_a_missing_npz_file_is_named() -> None:
    with pytest.raises(DataError, match=r"no such file: missing.npz"):
        open_dataset("missing.npz", IMAGE_SHAPE)
