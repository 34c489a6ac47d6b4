"""What a card says about the images that were kept apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgecnn.models.card import read_card
from edgecnn.models.registry import shipped_folder


@pytest.mark.parametrize(
    ("training", "held_out"),
    [("48,000 images of the CIFAR-10 training split", 2000), ("48,000 images of flowers", None)],
    ids=["CIFAR-10", "own images"],
)
def test_a_card_of_0_1_0_says_in_words_how_many_images_of_cifar10_were_held_out(
    training: str, held_out: int | None, tmp_path: Path
) -> None:
    card = json.loads((shipped_folder("edge_s") / "card.json").read_bytes())
    del card["cifar10_held_out"]
    path = tmp_path / "card.json"
    path.write_text(json.dumps(card | {"training": training}))
    assert read_card(path).cifar10_held_out == held_out
    path.write_bytes(read_card(path).to_json())
    assert json.loads(path.read_bytes()).get("cifar10_held_out") == held_out
    assert read_card(path).cifar10_held_out == held_out


def test_a_number_in_the_card_counts_whatever_the_words_are(tmp_path: Path) -> None:
    card = json.loads((shipped_folder("edge_s") / "card.json").read_bytes())
    path = tmp_path / "card.json"
    path.write_text(json.dumps(card | {"training": "in other words", "cifar10_held_out": 7}))
    assert read_card(path).cifar10_held_out == 7
