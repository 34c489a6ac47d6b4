"""Filters, activation maps, confusion matrix and mistakes: the numbers behind the pictures, and that there are some."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edgecnn.data.dataset import Dataset
from edgecnn.data.sample import load_test_sample
from edgecnn.errors import ModelError
from edgecnn.models.registry import architecture
from edgecnn.tasks.single_label import TASK
from edgecnn.train.activation_plots import tile
from edgecnn.train.activations import activation_maps, first_filters
from edgecnn.train.plots import confusion_matrix, find_worst_mistakes, worst_mistakes


def colours(path: Path) -> int:
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        return len(np.unique(np.asarray(picture.convert("RGB")).reshape(-1, 3), axis=0))


def test_the_maps_of_a_convolution_are_those_of_its_own_arithmetic() -> None:
    import keras

    model = architecture("tutorial_cnn")(10)
    image = load_test_sample().images[0].astype(np.float32)
    maps = activation_maps(model, image)
    assert [one.values.shape for one in maps] == [(30, 30, 32), (13, 13, 64), (4, 4, 64)]
    kernel, bias = model.get_weights()[:2]
    patch = image[3:6, 7:10].astype(np.float32) / 255
    expected = np.maximum(np.einsum("hwc,hwcf->f", patch, kernel) + bias, 0)
    np.testing.assert_allclose(maps[0].values[3, 7], expected, atol=1e-5)
    np.testing.assert_array_equal(first_filters(model)[1], kernel)  # type: ignore[index]
    assert isinstance(model.layers[1], keras.layers.Conv2D)


def test_maps_are_shown_after_batch_norm_and_relu_where_these_follow() -> None:
    maps = activation_maps(architecture("edge_xs")(10), load_test_sample().images[0].astype(np.float32))
    assert len(maps) == 7
    assert maps[0].values.shape == (16, 16, 16)
    assert all(one.values.min() == 0 for one in maps)  # relu


def test_maps_without_a_relu_are_shown_as_they_are() -> None:
    maps = activation_maps(architecture("resnet8")(10), load_test_sample().images[0].astype(np.float32))
    assert len(maps) == 9  # one, three blocks of two, and two on the ways past
    assert min(one.values.min() for one in maps) < 0  # the convolution before an addition has none


def test_maps_of_a_sequential_model_from_a_file_are_after_batch_norm_and_relu(tmp_path: Path) -> None:
    import keras

    layers = keras.layers
    parts = [layers.Conv2D(4, 3), layers.BatchNormalization(), layers.ReLU(), layers.DepthwiseConv2D(3)]
    model = keras.Sequential([keras.Input((8, 8, 3)), *parts, layers.Flatten(), layers.Dense(2)])
    model.save(tmp_path / "model.keras")
    values = np.random.default_rng(0).normal(size=(8, 8, 3)).astype(np.float32)
    maps = activation_maps(keras.models.load_model(tmp_path / "model.keras"), values)
    assert [one.values.shape for one in maps] == [(6, 6, 4), (4, 4, 4)]
    expected = keras.Model(model.inputs, model.layers[2].output)(values[None])[0]
    np.testing.assert_allclose(maps[0].values, expected, atol=1e-5)
    assert (maps[0].values.min(), maps[1].values.min() < 0) == (0, True)


def test_separable_convolutions_have_maps_but_no_filters(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    import keras

    parts = [keras.layers.SeparableConv2D(2, 3), keras.layers.Flatten(), keras.layers.Dense(2, activation="softmax")]
    keras.Sequential([keras.Input((8, 8, 3)), *parts]).save(tmp_path / "mine.keras")
    Image.fromarray(load_test_sample().images[0]).save(tmp_path / "photo.png")
    options = ("--model", tmp_path / "mine.keras", "--out", tmp_path / "out")
    assert edgecnn("explain", tmp_path / "photo.png", "--out", tmp_path / "out").status == 0
    assert (tmp_path / "out" / "filters.png").is_file()
    (tmp_path / "out" / "maps-2026-town.png").write_bytes((tmp_path / "photo.png").read_bytes())  # not made by explain
    assert edgecnn("explain", tmp_path / "photo.png", *options).status == 0
    left = {path.name for path in (tmp_path / "out").iterdir()}
    assert left == {"maps-01-separable_conv2d.png", "maps-2026-town.png"}


def test_a_model_that_is_a_class_of_its_own_is_told(tmp_path: Path) -> None:
    import keras

    class Own(keras.Model):  # type: ignore[misc]
        pass

    with pytest.raises(ModelError, match="a custom class"):
        activation_maps(Own(name="own"), np.zeros((8, 8, 3), np.float32))


def test_explain_feeds_a_model_as_it_is_told_to_and_leaves_no_maps_of_another(
    edgecnn: Callable[..., Any], tmp_path: Path
) -> None:
    import keras

    convolution = keras.layers.Conv2D(1, 1, use_bias=False, kernel_initializer="ones", name="sum")
    parts = [convolution, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2, activation="softmax")]
    keras.Sequential([keras.Input((4, 4, 3)), *parts]).save(tmp_path / "mine.keras")
    Image.fromarray(np.full((4, 4, 3), 255, np.uint8)).save(tmp_path / "photo.png")
    assert edgecnn("explain", tmp_path / "photo.png", "--model", "edge_s", "--out", tmp_path / "out").status == 0
    (tmp_path / "out" / "maps.png").write_bytes(b"")
    seen = []

    def record(model: keras.Model, values: np.ndarray) -> Any:
        seen.append(values)
        return activation_maps(model, values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("edgecnn.train.explain.activation_maps", record)
        options = ("--model", tmp_path / "mine.keras", "--scale", "-1..1", "--out", tmp_path / "out")
        assert edgecnn("explain", tmp_path / "photo.png", *options).status == 0
    np.testing.assert_array_equal(seen[0], np.ones((4, 4, 3), np.float32))
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"filters.png", "maps-01-sum.png", "maps.png"}


def test_a_confusion_matrix_of_many_classes_stays_small(tmp_path: Path) -> None:
    names = tuple(f"class {number}" for number in range(200))
    images = Dataset("many", np.zeros((200, 4, 4, 3), np.uint8), np.arange(200), names, names)
    (tmp_path / "many.png").write_bytes(confusion_matrix(np.eye(200, dtype=np.float32), images, "many") or b"")
    with Image.open(tmp_path / "many.png") as picture:
        assert max(picture.size) <= 2400


def test_a_model_without_convolutions_has_nothing_to_show() -> None:
    import keras

    model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten(), keras.layers.Dense(2)])
    with pytest.raises(ModelError, match="no convolution"):
        activation_maps(model, np.zeros((4, 4, 3), np.float32))


def test_tiles_keep_every_picture_in_its_place() -> None:
    pictures = np.arange(5 * 2 * 3, dtype=np.float32).reshape(5, 2, 3, 1)
    sheet = tile(pictures, -1)
    assert sheet.shape == (5, 11, 1)  # 2 rows of 3 pictures
    np.testing.assert_array_equal(sheet[0:2, 4:7], pictures[1])
    np.testing.assert_array_equal(sheet[3:5, 0:3], pictures[3])
    assert (sheet[2] == -1).all()


def test_explain_writes_a_picture_for_each_convolution(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    Image.fromarray(load_test_sample().images[0]).resize((100, 80)).save(tmp_path / "photo.png")
    ran = edgecnn("explain", tmp_path / "photo.png", "--out", tmp_path / "out")
    assert ran.status == 0
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names[0] == "filters.png"
    assert [name[:7] for name in names[1:]] == ["maps-01", "maps-02", "maps-03"]
    assert all(str(tmp_path / "out" / name) in ran.out for name in names)
    assert all(colours(tmp_path / "out" / name) > 100 for name in names)


def test_explain_of_no_image_writes_nothing(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    ran = edgecnn("explain", tmp_path / "none.png", "--out", tmp_path / "out")
    assert ran.status == 1
    assert "no such image" in ran.err
    assert not (tmp_path / "out").exists()


def three_answers() -> tuple[np.ndarray[Any, np.dtype[np.float32]], Dataset]:
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3], [0.2, 0.8]], np.float32)
    images = np.arange(4, dtype=np.uint8).reshape(4, 1, 1, 1) * np.full((1, 8, 8, 3), 60, np.uint8)
    return probabilities, Dataset("four", images, np.array([0, 0, 1, 0]), ("one", "two"), ("a", "b", "c", "d"))


def test_confusions_are_counted_by_label_and_answer() -> None:
    probabilities, dataset = three_answers()
    counts = TASK.confusion(TASK.answers(probabilities), dataset.known_labels, 2)
    assert counts is not None
    assert counts.tolist() == [[1, 2], [1, 0]]


def test_the_worst_mistakes_are_the_surest_wrong_answers() -> None:
    probabilities, dataset = three_answers()
    assert find_worst_mistakes(probabilities, dataset, 2).tolist() == [3, 2]
    assert find_worst_mistakes(probabilities, dataset, 9).tolist() == [3, 2, 1]


def test_confusion_matrix_and_mistakes_are_pictures(tmp_path: Path) -> None:
    (tmp_path / "confusion.png").write_bytes(confusion_matrix(*three_answers(), "four images") or b"")
    (tmp_path / "mistakes.png").write_bytes(worst_mistakes(*three_answers()))
    assert colours(tmp_path / "confusion.png") > 20
    assert colours(tmp_path / "mistakes.png") > 20
