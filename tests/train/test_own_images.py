"""Training on images of the user's own, and from weights that ship."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edgecnn.errors import DataError, ModelError, TrainingError
from edgecnn.models.card import read_card
from edgecnn.models.load import load_keras_classifier
from edgecnn.models.registry import architecture, shipped_folder
from edgecnn.models.trained import load_trained
from edgecnn.train.split import split_own
from edgecnn.train.start import refuse_learned, starting_weights

SHAPE = (32, 32, 3)


def photos(folder: Path, count: int, seed: int) -> Path:
    """Make `count` pictures of each of three classes that differ in brightness, larger than the model's input."""
    generator = np.random.default_rng(seed)
    for label, base in (("dark", 0), ("grey", 85), ("light", 170)):
        (folder / label).mkdir(parents=True)
        for number in range(count):
            pixels = base + generator.integers(0, 80, (40, 50, 3))
            Image.fromarray(pixels.astype(np.uint8)).save(folder / label / f"{number}.png")
    return folder


def test_a_folder_of_pictures_is_learned(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    data, test = photos(tmp_path / "photos", 30, 1), photos(tmp_path / "test", 8, 2)
    options = ("--data", data, "--test", test, "--holdout", "9", "--epochs", "8", "--out", tmp_path / "run")
    ran = edgecnn("train", "tutorial_cnn", *options)
    assert ran.status == 0
    card = read_card(tmp_path / "run" / "card.json")
    assert card.class_names == ("dark", "grey", "light")
    assert (card.training, card.settings["holdout"]) == ("81 images of photos", "9")
    assert (card.test.images, card.test.data) == (24, "test")
    assert card.test.top1 > 0.9
    classifier = load_keras_classifier(tmp_path / "run" / "model.keras")
    assert classifier.labels == ("dark", "grey", "light")


def test_without_a_test_a_tenth_is_kept_apart_class_by_class(tmp_path: Path) -> None:
    split = split_own(str(photos(tmp_path / "photos", 20, 1)), None, SHAPE, holdout=6, seed=0)
    assert split.held_out is not None
    parts = (split.training, split.held_out, split.test)
    assert [len(part) for part in parts] == [48, 6, 6]
    assert np.bincount(split.test.labels).tolist() == [2, 2, 2]  # type: ignore[arg-type]
    assert np.bincount(split.held_out.labels).tolist() == [2, 2, 2]  # type: ignore[arg-type]
    names = [name for part in parts for name in part.ids]
    assert len(set(names)) == 60
    assert "kept apart" in split.test.name


def test_the_tenth_is_the_same_for_every_seed(tmp_path: Path) -> None:
    data = str(photos(tmp_path / "photos", 20, 1))
    first, other = (split_own(data, None, SHAPE, holdout=6, seed=seed) for seed in (0, 1))
    assert first.test.ids == other.test.ids
    assert first.training.ids != other.training.ids  # what is held out is drawn anew


@pytest.mark.parametrize("name", ["sample", "cifar10"])
def test_nothing_is_trained_on_cifar10s_test_images(edgecnn: Callable[..., Any], tmp_path: Path, name: str) -> None:
    ran = edgecnn("train", "--data", name, "--out", tmp_path / "run")
    assert ran.status == 1
    assert "names CIFAR-10 test images" in ran.err
    assert not (tmp_path / "run").exists()


def test_test_images_among_the_training_images_are_refused(tmp_path: Path) -> None:
    data = str(photos(tmp_path / "photos", 5, 1))
    with pytest.raises(DataError, match="15 of 15 test images are also training images"):
        split_own(data, data, SHAPE, holdout=0, seed=0)


def arrays(path: Path, sizes: tuple[int, ...], **others: Any) -> str:
    """Write an .npz file of so many different images of each class."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    images = np.random.default_rng(0).integers(0, 256, (len(labels), *SHAPE), np.uint8)
    names = np.array([f"class {number}" for number in range(len(sizes))])
    np.savez(path, **{"images": images, "labels": labels, "class_names": names, **others})
    return str(path)


def test_what_is_kept_apart_is_as_large_a_share_of_each_class(tmp_path: Path) -> None:
    split = split_own(arrays(tmp_path / "a.npz", (400, 200, 20)), None, SHAPE, holdout=31, seed=0)
    assert split.held_out is not None
    counts = [np.bincount(np.asarray(part.labels)).tolist() for part in (split.test, split.held_out, split.training)]
    assert counts == [[40, 20, 2], [20, 10, 1], [340, 170, 17]]


def test_a_class_that_nothing_would_be_left_of_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="1 of its smallest class: 11 cannot be kept apart"):
        split_own(arrays(tmp_path / "a.npz", (5, 5, 5, 1)), None, SHAPE, holdout=11, seed=0)


def test_copies_of_what_is_kept_apart_are_not_trained_on(tmp_path: Path) -> None:
    images = np.repeat(np.random.default_rng(0).integers(0, 256, (20, *SHAPE), np.uint8), 3, axis=0)
    split = split_own(arrays(tmp_path / "a.npz", (30, 30), images=images), None, SHAPE, holdout=6, seed=0)
    assert split.held_out is not None
    kept = {image.tobytes() for part in (split.test, split.held_out) for image in part.images}
    assert (len(split.test), len(split.held_out)) == (6, 6)
    assert not any(image.tobytes() in kept for image in split.training.images)
    assert len(split.training) == 60 - 3 * len(kept)


def test_a_class_of_copies_is_refused(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (40, *SHAPE), np.uint8)
    images[20:] = 0
    with pytest.raises(DataError, match="the images of class 1 are copies"):
        split_own(arrays(tmp_path / "a.npz", (20, 20), images=images), None, SHAPE, holdout=0, seed=0)


def test_images_of_a_single_class_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="two or more"):
        split_own(arrays(tmp_path / "a.npz", (9,)), None, SHAPE, holdout=0, seed=0)


def test_test_images_without_labels_are_refused_before_the_training(tmp_path: Path) -> None:
    np.savez(tmp_path / "test.npz", images=np.zeros((3, *SHAPE), np.uint8))
    with pytest.raises(DataError, match="the test needs them"):
        split_own(arrays(tmp_path / "a.npz", (9, 9)), str(tmp_path / "test.npz"), SHAPE, holdout=0, seed=0)


def test_other_labels_are_other_training_images(tmp_path: Path) -> None:
    first = arrays(tmp_path / "a.npz", (20, 20))
    other = arrays(tmp_path / "b.npz", (20, 20), labels=np.repeat([1, 0], 20))
    digests = {split_own(path, None, SHAPE, holdout=0, seed=0).sha256 for path in (first, first, other)}
    assert len(digests) == 2


def test_own_test_images_are_looked_at_once_at_the_end(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    ran = edgecnn("train", "--data", arrays(tmp_path / "a.npz", (30, 30)), "--epochs", "1", "--out", tmp_path / "run")
    assert ran.status == 0
    assert "val_accuracy" not in json.loads((tmp_path / "run" / "history.json").read_text())
    card = read_card(tmp_path / "run" / "card.json")
    assert (card.settings["validates_on_test"], card.data_form) == ("False", "")


def test_class_names_with_dollar_signs_do_not_stop_the_pictures(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    data = arrays(tmp_path / "a.npz", (12, 12), class_names=np.array(["cost_$5_to_$9", "$x^"]))
    ran = edgecnn("train", "--data", data, "--epochs", "1", "--out", tmp_path / "run")
    assert ran.status == 0
    assert (tmp_path / "run" / "mistakes.png").exists()


def test_a_last_layer_of_another_size_is_drawn_by_the_seed(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    data, made = arrays(tmp_path / "a.npz", (12, 12)), []
    for number, seed in enumerate(("1", "1", "2")):
        out = tmp_path / f"run{number}"
        ran = edgecnn("train", "--start", "tutorial_cnn", "--data", data, "--epochs", "1", "--seed", seed, "--out", out)
        assert ran.status == 0
        made.append(load_trained(out / "model.keras")[1].get_weights()[-2])
    np.testing.assert_allclose(made[0], made[1], atol=1e-4)
    assert np.abs(made[0] - made[2]).max() > 0.01


def test_more_held_out_images_than_there_are_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="100 cannot be kept apart"):
        split_own(str(photos(tmp_path / "photos", 5, 1)), None, SHAPE, holdout=100, seed=0)


def test_a_test_without_data_is_bad_usage(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    ran = edgecnn("train", "--test", tmp_path, "--out", tmp_path / "run")
    assert ran.status == 2
    assert "--data" in ran.err


def test_fine_tuning_takes_all_but_a_last_layer_of_another_size() -> None:
    shipped = load_trained(shipped_folder("tutorial_cnn") / "model.keras")[1]
    build = architecture("tutorial_cnn")
    same, other = build(10), build(3)
    for own, given in zip(starting_weights(same, shipped, "it"), shipped.get_weights(), strict=True):
        np.testing.assert_array_equal(own, given)
    taken = starting_weights(other, shipped, "it")
    for own, given in zip(taken[:-2], shipped.get_weights()[:-2], strict=True):
        np.testing.assert_array_equal(own, given)
    for own, drawn in zip(taken[-2:], other.get_weights()[-2:], strict=True):
        np.testing.assert_array_equal(own, drawn)


@pytest.mark.parametrize(
    ("start", "options", "words"),
    [
        ("edge_s", ("--holdout", "1000"), "take --seed 1 and at most --holdout 2000"),
        ("edge_s", ("--holdout", "2001", "--seed", "1"), "take --seed 1 and at most --holdout 2000"),
        ("tutorial_cnn", ("--holdout", "1000", "--seed", "1"), "leave --holdout out"),
    ],
    ids=["another seed", "more", "trained on all"],
)
def test_weights_that_learned_what_would_be_held_out_are_refused(
    edgecnn: Callable[..., Any], tmp_path: Path, start: str, options: tuple[str, ...], words: str
) -> None:
    ran = edgecnn("train", start, "--start", start, *options, "--out", tmp_path / "run")
    assert ran.status == 1
    assert words in ran.err
    assert not (tmp_path / "run").exists()


def test_weights_that_never_saw_what_is_held_out_are_taken(tmp_path: Path) -> None:
    refuse_learned("edge_s", 2000, 1)
    refuse_learned("edge_s", 1000, 1)
    copied = tmp_path / "mine.keras"
    copied.write_bytes((shipped_folder("edge_s") / "model.keras").read_bytes())
    refuse_learned(str(copied), 1000, 0)  # nothing is known of it
    (tmp_path / "card.json").write_bytes((shipped_folder("edge_s") / "card.json").read_bytes())
    with pytest.raises(TrainingError, match="learned images that would be held out"):
        refuse_learned(str(copied), 1000, 0)
    (tmp_path / "card.json").write_bytes((shipped_folder("edge_m") / "card.json").read_bytes())
    refuse_learned(str(copied), 1000, 0)  # the card of another one


def test_a_smaller_number_with_the_same_seed_holds_out_some_of_the_same_images(tmp_path: Path) -> None:
    data = arrays(tmp_path / "a.npz", (40, 20))
    more, fewer = (split_own(data, None, SHAPE, holdout=count, seed=3).held_out for count in (20, 9))
    assert more is not None
    assert fewer is not None
    assert set(fewer.ids) < set(more.ids)


def test_weights_of_another_architecture_are_refused() -> None:
    shipped = load_trained(shipped_folder("tutorial_cnn") / "model.keras")[1]
    with pytest.raises(ModelError, match="tutorial_cnn has other layers than resnet8"):
        starting_weights(architecture("resnet8")(10), shipped, "tutorial_cnn")


def test_fine_tuning_starts_where_the_shipped_model_is(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    data, test = photos(tmp_path / "photos", 6, 1), photos(tmp_path / "test", 6, 2)
    options = ("--data", data, "--test", test, "--epochs", "3", "--out", tmp_path / "run")
    ran = edgecnn("train", "tutorial_cnn", "--start", "tutorial_cnn", *options)
    assert ran.status == 0
    card = read_card(tmp_path / "run" / "card.json")
    shipped_card = read_card(shipped_folder("tutorial_cnn") / "card.json")
    assert (card.settings["start"], card.settings["start_sha256"]) == ("tutorial_cnn", shipped_card.sha256)
    tuned = load_trained(tmp_path / "run" / "model.keras")[1].get_weights()[0]
    shipped = load_trained(shipped_folder("tutorial_cnn") / "model.keras")[1].get_weights()[0]
    assert 0 < np.abs(tuned - shipped).max() < 0.05  # a few small steps away
