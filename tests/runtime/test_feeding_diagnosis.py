"""Mistakes in feeding a model, planted by hand, are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edgecnn.contract import Preprocessing, read_contract
from edgecnn.data.dataset import Dataset
from edgecnn.data.sample import load_test_sample
from edgecnn.errors import DataError
from edgecnn.runtime.backend import Opened
from edgecnn.runtime.feeding_diagnosis import LABELS_IN_ANOTHER_ORDER, STATED, diagnose_feeding
from edgecnn.runtime.load import open_model

COUNT = 500

MISTAKES: dict[str, Callable[[Any], Any]] = {
    STATED: lambda pixels: pixels,
    "BGR, pixels 0..255": lambda pixels: pixels[..., ::-1],
    "scaled to 0..1": lambda pixels: pixels / 255,
    "scaled to -1..1": lambda pixels: pixels / 127.5 - 1,
    "int8 wrap-around": lambda pixels: np.where(pixels > 127, pixels - 256, pixels),
    "channels first (NCHW)": lambda pixels: np.stack([np.moveaxis(one, 2, 0).reshape(one.shape) for one in pixels]),
}
"""What a program might do with pixels 0..255, as floats, written without edgecnn."""


@pytest.fixture(scope="module")
def images() -> Dataset:
    return load_test_sample().take(np.arange(0, 2000, 2000 // COUNT))


@pytest.fixture(scope="module")
def opened(folder: Path) -> Opened:
    path = folder / "tutorial_cnn-float32.tflite"
    return open_model(path)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_planted_mistake_explains_the_accuracy_that_it_gives(opened: Opened, images: Dataset, name: str) -> None:
    fed = np.ascontiguousarray(MISTAKES[name](images.images.astype(np.float32)), np.float32)
    answers = np.array([opened.session.run(one[None])[0].argmax() for one in fed])
    seen = float((answers == images.labels).mean())
    found = diagnose_feeding(opened, lambda _: images, resizes=False, seen=seen)
    tried = {one.name: one.top1.value for one in found.tried}
    matching = [one for one in tried if name in one]
    assert any(tried[one] == pytest.approx(seen) for one in matching)
    assert any(one in found.sentence for one in matching) or name == STATED
    if name == STATED:
        assert "nothing is wrong" in found.sentence


def test_an_accuracy_that_no_mistake_gives_is_not_explained(opened: Opened, images: Dataset) -> None:
    found = diagnose_feeding(opened, lambda _: images, resizes=False, seen=0.35)
    assert found.sentence == "none of these ways gives 35.0%"


def test_labels_in_another_order_are_recognised(opened: Opened, images: Dataset) -> None:
    assert images.labels is not None
    turned = Dataset("turned", images.images, (images.labels + 3) % 10, images.class_names, images.ids)
    found = diagnose_feeding(opened, lambda _: turned, resizes=False)
    assert found.tried[0].top1.value < 0.2
    assert LABELS_IN_ANOTHER_ORDER in found.sentence


def test_without_labels_nothing_can_be_said(opened: Opened, images: Dataset) -> None:
    unlabelled = Dataset("some", images.images, None, images.class_names, images.ids)
    with pytest.raises(DataError, match="no labels"):
        diagnose_feeding(opened, lambda _: unlabelled, resizes=False)


def test_int8_wrap_around_is_named_for_a_file_with_int8_edges(folder: Path, images: Dataset) -> None:
    """The program that forgets to take 128 off."""
    path = folder / "tutorial_cnn-int8.tflite"
    contract = read_contract(path)
    opened = open_model(path)

    class Signed:
        """The same file behind int8 edges."""

        def run(self, tensor: Any) -> Any:
            assert tensor.dtype == np.int8
            return opened.session.run((tensor.astype(np.int16) + 128).astype(np.uint8))

    spec = replace(contract.input, dtype="int8", zero_point=-128)
    signed = Opened(replace(contract, input=spec), Signed())
    answers = [Signed().run(one[None].astype(np.int8)).argmax() for one in images.images]
    seen = float((np.array(answers) == images.labels).mean())
    found = diagnose_feeding(signed, lambda _: images, resizes=False, seen=seen)
    assert seen < 0.5
    assert "int8 wrap-around" in found.sentence


def test_another_resizing_is_named(opened: Opened, images: Dataset, tmp_path: Path, edgecnn: Any, folder: Path) -> None:
    """Pictures with fine detail, which the nearest filter garbles."""
    assert images.labels is not None
    generator = np.random.default_rng(0)
    for index in range(0, COUNT, 2):
        label = images.class_names[images.labels[index]]
        (tmp_path / label).mkdir(exist_ok=True)
        large = np.repeat(np.repeat(images.images[index].astype(np.int64), 4, 0), 4, 1)
        detail = generator.integers(-90, 91, large.shape)
        Image.fromarray((large + detail).clip(0, 255).astype(np.uint8)).save(tmp_path / label / f"{index}.png")
    model = folder / "tutorial_cnn-float32.tflite"
    ran = edgecnn("doctor", "input", model, "--images", tmp_path, "--json")
    tried = {one["name"]: one["top1"]["value"] for one in json.loads(ran.out)["tried"]}
    assert tried["as stated"] > tried["resized with nearest"] + 0.1
    seen = edgecnn("doctor", "input", model, "--images", tmp_path, "--seen", 100 * tried["resized with nearest"])
    assert "resized with nearest" in seen.out.splitlines()[-1]


def test_a_scale_that_was_stated_wrongly_is_named(tmp_path: Path, edgecnn: Any) -> None:
    """A model that takes 0..1, of bright and dark pictures of three kinds."""
    keras = pytest.importorskip("keras")
    from tests.conftest import grey_images, save_npz

    model = keras.Sequential([keras.Input((12, 10, 1)), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)])
    # levels of 40, 125 and 210 of 255: linear scores that cross between them, in 0..1
    model.layers[-1].set_weights([np.array([[-10.0, 0.0, 10.0]], np.float32), np.array([3.2, 0.0, -6.6], np.float32)])
    model.save(tmp_path / "scaled.keras")
    data = save_npz(tmp_path / "grey.npz", grey_images(300, seed=5))
    wrong = edgecnn("doctor", "input", tmp_path / "scaled.keras", "--images", data)
    assert "fed scaled to 0..1" in wrong.out.splitlines()[-1]
    right = edgecnn("doctor", "input", tmp_path / "scaled.keras", "--images", data, "--scale", "0..1")
    assert "as stated is right" in right.out.splitlines()[-1]


def test_what_is_stated_counts(opened: Opened, images: Dataset) -> None:
    stated = replace(opened.contract, preprocessing=Preprocessing(colour="BGR"))
    found = diagnose_feeding(Opened(stated, opened.session), lambda _: images, resizes=False)
    assert "fed RGB, pixels 0..255" in found.sentence
