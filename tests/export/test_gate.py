"""A model made hard to quantize on purpose does not pass."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgecnn.artifact import open_folder, read_manifest
from edgecnn.errors import MeasurementError
from edgecnn.export.limits import ExportLimits
from edgecnn.limits import Outcome
from tests.conftest import grey_images, save_npz


@pytest.fixture(scope="module")
def hard(own: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the user's model with an activation that reaches to 30,000, and data for it.

    An offset that cancels out in the softmax leaves 8-bit ranges a hundred logits a step.
    """
    import keras

    folder = tmp_path_factory.mktemp("hard")
    model = keras.models.load_model(own.model, compile=False)
    pixels = keras.Input((12, 10, 1))
    scores = model(pixels)
    spike = keras.layers.GlobalMaxPooling2D()(pixels)
    wide = keras.layers.Concatenate()([scores, spike])
    mix = keras.layers.Dense(3, use_bias=False)
    hard_model = keras.Model(pixels, mix(keras.layers.ReLU()(keras.layers.Rescaling(1.0, 30000.0)(wide))), name="hard")
    mix.set_weights([np.vstack([np.eye(3) * 1.0, np.zeros((1, 3))]).astype(np.float32)])
    hard_model.layers[-2].name = "wide_range"
    hard_model.save(folder / "hard.keras")
    return {
        "model": folder / "hard.keras",
        "calibration": save_npz(folder / "calibration.npz", grey_images(60, seed=2)),
        "evaluation": save_npz(folder / "evaluation.npz", grey_images(900, seed=3)),
    }


def test_a_file_that_lost_accuracy_is_kept_apart_and_the_exit_status_is_3(
    edgecnn: Callable[..., Any], hard: dict[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    ran = edgecnn(
        "export", hard["model"], "--int8", "--formats", "tflite", "--out", out,
        "--calibration", hard["calibration"], "--evaluation", hard["evaluation"], "--max-drop", "0.5",
    )  # fmt: skip
    assert ran.status == 3
    assert "rejected/hard-int8.tflite does not hold" in ran.out
    assert "do not deploy" in ran.err.splitlines()[-1]
    assert sorted(path.name for path in out.iterdir()) == [
        "export.log",
        "hard-float32.tflite",
        "manifest.json",
        "rejected",
    ]
    assert [path.name for path in (out / "rejected").iterdir()] == ["hard-int8.tflite"]
    entry = read_manifest(out).artifacts[1]
    assert entry.gate is not None
    assert entry.gate.outcome is Outcome.DOES_NOT_HOLD
    drop = entry.gate.drop
    assert drop is not None
    assert drop.lost - drop.gained == pytest.approx(drop.points * 9)
    assert [artifact.path.name for artifact in open_folder(out).artifacts] == ["hard-float32.tflite"]

    again = edgecnn(
        "export", hard["model"], "--formats", "tflite", "--out", out, "--evaluation", hard["evaluation"]
    )  # fmt: skip
    assert again.status == 0
    assert not (out / "rejected").exists()


def test_the_gate_and_its_flips_are_in_the_manifest(shipped_export: Any) -> None:
    text = json.loads((shipped_export.folder / "manifest.json").read_text())
    for entry in text["artifacts"]:
        if entry["precision"] == "float32":
            assert entry["gate"] is None
        else:
            gate, measured = entry["gate"], entry["measured"]
            assert gate["outcome"] == "holds"
            assert len(gate["flips"]) == measured["images"] - measured["agree"]
            assert gate["drop"]["points"] == pytest.approx(
                100 * (text["keras"]["correct"] - measured["correct"]) / measured["images"]
            )


def test_a_folder_of_rejected_files_alone_gives_nothing_to_measure(hard: dict[str, Path], tmp_path: Path) -> None:
    from edgecnn.bench.plan import plan
    from edgecnn.export import export_model
    from edgecnn.spec import ExportSpec, Format, Precision

    exported = export_model(
        str(hard["model"]), tmp_path / "out", ExportSpec((Format.TFLITE,)),
        calibration=str(hard["calibration"]), evaluation=str(hard["evaluation"]), limits=ExportLimits(max_drop=0.5),
    )  # fmt: skip
    assert [entry.file for entry in exported.rejected] == ["hard-int8.tflite"]
    assert {case.precision for case in plan((tmp_path / "out",), threads=(1,)).cases} == {Precision.FLOAT32}
    (tmp_path / "empty").mkdir()
    with pytest.raises(MeasurementError, match="nothing to measure"):
        plan((), threads=(1,))
