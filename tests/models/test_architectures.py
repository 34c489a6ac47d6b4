"""What the architectures cost, and that they are in the form that exports well."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from edgecnn.models.card import read_card
from edgecnn.models.macs import multiply_accumulates
from edgecnn.models.registry import ARCHITECTURES, SHIPPED, architecture, shipped_folder


@pytest.mark.parametrize(
    ("name", "parameters", "macs"),
    [
        ("tutorial_cnn", 586_250, 5_011_840),
        ("resnet8", 78_666, 12_501_632),
        ("resnet8_wide", 482_730, 76_473_920),
        ("edge_xs", 178_314, 5_874_624),
        ("edge_s", 310_666, 12_453_120),
        ("edge_m", 585_850, 28_313_152),
        ("edge_l", 737_522, 46_917_184),
    ],
)
def test_an_architecture_has_the_size_that_its_docstring_says(name: str, parameters: int, macs: int) -> None:
    model = architecture(name)(10)
    assert (model.count_params(), multiply_accumulates(model)) == (parameters, macs)


def test_multiply_accumulates_count_groups_strides_and_nested_models() -> None:
    import keras

    layers = keras.layers
    inner = keras.Sequential([keras.Input((4, 4, 8)), layers.DepthwiseConv2D(3, padding="same"), layers.Flatten()])
    model = keras.Sequential(
        [
            keras.Input((8, 8, 6)),
            layers.Conv2D(8, 3, strides=2, padding="same", groups=2),
            inner,
            layers.Dense(5),
        ]
    )
    convolution, depthwise, dense = 4 * 4 * 8 * 9 * 3, 4 * 4 * 8 * 9, 4 * 4 * 8 * 5
    assert multiply_accumulates(model) == convolution + depthwise + dense


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_architecture_gives_one_probability_for_each_class(name: str) -> None:
    model = architecture(name)(7)
    probabilities = np.asarray(model(np.full((3, 32, 32, 3), 128, np.float32)))
    assert (probabilities.shape, model.name) == ((3, 7), name)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_model_has_a_card_with_its_figures(name: str) -> None:
    card = read_card(shipped_folder(name) / "card.json")
    assert card.model == name
    assert card.macs == multiply_accumulates(architecture(name)(10))
    assert set(card.int8) == {"tflite", "onnx"}
    for score in (card.test, *card.int8.values()):
        assert (score.images, score.data) == (10_000, "CIFAR-10 test")
    assert all(card.test.top1 - score.top1 <= 0.003 for score in card.int8.values())


def test_models_lists_what_ships_with_the_figures_of_its_card(edgecnn: Callable[..., Any]) -> None:
    ran = edgecnn("models")
    assert ran.status == 0
    for name in SHIPPED:
        card = read_card(shipped_folder(name) / "card.json")
        (line,) = (line for line in ran.out.splitlines() if line.strip().startswith(name))
        for figure in (f"{card.test.top1:.2%}", *(f"{score.top1:.2%}" for score in card.int8.values())):
            assert figure.replace("%", " %") in line
        assert f"{card.parameters:,}" in line


def test_models_as_json_are_the_cards(edgecnn: Callable[..., Any]) -> None:
    listed = json.loads(edgecnn("models", "--json").out)
    assert [card["model"] for card in listed] == list(SHIPPED)
    assert listed[0] == json.loads((shipped_folder(SHIPPED[0]) / "card.json").read_text())


def test_the_package_holds_at_most_12_mb_of_weights() -> None:
    files = [file for name in SHIPPED for file in shipped_folder(name).iterdir()]
    weights = [file for file in files if file.suffix in (".keras", ".tflite", ".onnx")]
    assert sum(file.stat().st_size for file in weights) <= 12_000_000
