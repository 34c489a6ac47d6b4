"""What docs/results.md says is what was measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgecnn.bench.result import read_result
from edgecnn.models.card import read_card
from edgecnn.models.macs import multiply_accumulates
from edgecnn.models.registry import SHIPPED, architecture, shipped_folder
from tools.fill_results import PAGE, RESULT, UNTRAINED, page, rows


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


def test_the_references_have_the_size_that_the_page_says() -> None:
    assert {name: multiply_accumulates(architecture(name)(10)) for name in UNTRAINED} == UNTRAINED


def test_cards_and_files_belong_together() -> None:
    for name in SHIPPED:
        card = read_card(shipped_folder(name) / "card.json")
        assert Path(shipped_folder(name) / f"{name}-int8.tflite").exists()
        assert card.macs == multiply_accumulates(architecture(name)(10))


def test_what_ships_is_the_trained_model_with_float16s_precision(tmp_path: Path) -> None:
    from edgecnn.models.framework import import_keras
    from tools.ship_model import smaller

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
