"""What docs/results.md says is what was measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from edgecnn.bench.result import read_result
from edgecnn.contract import read_contract
from edgecnn.files import sha256_file
from edgecnn.models.card import read_card
from edgecnn.models.macs import multiply_accumulates
from edgecnn.models.registry import SHIPPED, architecture, shipped_folder
from tools.evidence.aims import Measured, check
from tools.evidence.held_out import read_held_out, shipped, tried
from tools.evidence.measure_results import RESULT, UNTRAINED
from tools.release.fill_results import DIFFERENT, OTHER_SEED, PAGE, RESUME, find_teacher_card, page, rows


def test_the_page_is_that_of_its_result_file_and_cards() -> None:
    assert page(read_result(RESULT)) == PAGE.read_text()


def test_every_shipped_model_is_measured_in_both_formats() -> None:
    measured = {(row.name, row.backend) for row in rows(read_result(RESULT)) if row.card}
    assert measured == {(name, backend) for name in SHIPPED for backend in ("litert", "onnxruntime")}


def test_the_runs_accuracy_is_that_of_the_cards() -> None:
    """Other images, other files or another way to feed them would show here."""
    suffix = {"litert": "tflite", "onnxruntime": "onnx"}
    for row in rows(read_result(RESULT)):
        if row.card:
            assert row.top1 == row.card.int8[suffix[row.backend]].top1


def test_the_run_measured_the_files_that_ship() -> None:
    files = {file.name: sha256_file(file) for name in SHIPPED for file in shipped_folder(name).glob("*-int8.*")}
    measured = {Path(one.case.path).name: one.case.sha256 for one in read_result(RESULT).cases}
    assert len(files) == 2 * len(SHIPPED)
    assert files.items() <= measured.items()


def test_the_references_have_the_size_that_the_page_says() -> None:
    assert {name: multiply_accumulates(architecture(name)(10)) for name in UNTRAINED} == UNTRAINED


def test_cards_and_files_belong_together() -> None:
    for name in SHIPPED:
        folder = shipped_folder(name)
        card = read_card(folder / "card.json")
        assert card.sha256 == sha256_file(folder / "model.keras")
        assert {read_contract(folder / f"{name}-int8.{suffix}").origin.sha256 for suffix in card.int8} == {card.sha256}
        assert card.macs == multiply_accumulates(architecture(name)(10))


def test_another_seed_lands_within_half_a_point_of_the_card() -> None:
    again = read_card(OTHER_SEED)
    card = read_card(shipped_folder(again.model) / "card.json")
    assert again.seed != card.seed
    assert again.settings == card.settings
    assert again.training == card.training
    assert abs(again.test.top1 - card.test.top1) <= 0.005


def test_a_training_that_was_killed_ends_within_noise_of_one_that_was_not() -> None:
    measured = json.loads(RESUME.read_text())
    assert len(measured["killed_in_epochs"]) == 2
    assert measured["killed_against_whole"]["low"] <= 0 <= measured["killed_against_whole"]["high"]


def test_of_what_was_tried_nothing_is_better_on_held_out_images_than_what_ships() -> None:
    """Accuracy decides, and where half a point of it tells nothing, the loss."""
    measured = read_held_out()
    ships = {card.model: measured[card.sha256] for card in shipped() if card.sha256 in measured}
    assert tried().keys() == DIFFERENT.keys()
    for card in tried().values():
        chosen, other = (
            ((one.correct + one.correct_mirrored) / (2 * one.images), -one.loss)
            for one in (ships[card.model], measured[card.sha256])
        )
        assert chosen[0] > other[0] - 0.005
        assert chosen[0] > other[0] or chosen[1] > other[1]


def test_what_a_model_learned_from_has_a_card() -> None:
    taught = [card for card in shipped() if card.settings.get("teacher")]
    teachers = [find_teacher_card(card) for card in taught]
    assert [one[1].model for one in teachers if one] == [card.settings["teacher"] for card in taught]
    assert all(not one[0].startswith("evidence") or (PAGE.parent / one[0]).is_file() for one in teachers if one)


def test_an_aim_that_was_missed_is_told() -> None:
    measured = Measured(top1=0.9139, float32=0.9144, macs=30_000_000, to_resnet8=2.0, to_wide=0.46)
    assert [(what, holds) for what, _, holds in check("edge_m", measured)] == [
        ("top-1 at least 91.4%", False),
        ("at most 0.3 points lost", True),
        ("at most 30.6 M MACs", True),
        ("at most 0.45 × wide ResNet-8", False),
    ]
    assert check("resnet8", measured) == []
    at_the_limit = Measured(top1=0.9114, float32=0.9144, macs=1, to_resnet8=1.0, to_wide=0.1)
    assert check("edge_m", at_the_limit)[1] == ("at most 0.3 points lost", "0.30", True)


def test_what_ships_is_the_trained_model_with_float16s_precision(tmp_path: Path) -> None:
    from edgecnn.models.framework import import_keras
    from tools.release.ship_model import smaller

    keras = import_keras()
    keras.utils.set_random_seed(0)
    trained = architecture("edge_xs")(10)
    trained.save(tmp_path / "trained.keras")
    content = (tmp_path / "trained.keras").read_bytes()
    shipped = smaller(content)
    assert len(shipped) < 0.7 * len(content)
    (tmp_path / "shipped.keras").write_bytes(shipped)
    model = keras.saving.load_model(tmp_path / "shipped.keras", compile=False)
    assert model.name == trained.name
    for weights, before in zip(model.get_weights(), trained.get_weights(), strict=True):
        np.testing.assert_allclose(weights, before, rtol=2**-11)
        assert (weights.view(np.uint32) % 2**13 == 0).all()
