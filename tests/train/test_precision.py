"""Computing in bfloat16 leaves a model in float32."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgecnn.data.sample import load_calibration_sample
from edgecnn.models.registry import ARCHITECTURES, architecture
from edgecnn.train.fit import fit
from edgecnn.train.precision import cpu_has_bfloat16, layers_compute_in, usable_precision
from edgecnn.train.recipe import Recipe


@pytest.mark.parametrize(
    ("line", "has"),
    [
        ("flags\t\t: fpu avx512_bf16 sse", True),
        ("flags\t\t: amx_bf16", True),
        ("Features\t: fp asimd bf16 i8mm", True),
        ("flags\t\t: fpu avx512_vnni", False),
        ("model name\t: avx512_bf16", False),
    ],
)
def test_bfloat16_is_told_by_the_cpus_flags(line: str, has: bool, tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\n{line}\n")
    assert cpu_has_bfloat16(tmp_path / "cpuinfo") is has


def test_an_unknown_cpu_has_no_bfloat16(tmp_path: Path) -> None:
    assert not cpu_has_bfloat16(tmp_path / "none")


@pytest.mark.parametrize(("has", "used"), [(True, "bfloat16"), (False, "float32")])
def test_bfloat16_is_used_where_the_cpu_has_it(has: bool, used: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgecnn.train.precision.cpu_has_bfloat16", lambda: has)
    assert usable_precision("bfloat16") == used
    assert usable_precision("float32") == "float32"


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_layers_compute_in_bfloat16_and_answer_in_float32(name: str) -> None:
    import keras

    with layers_compute_in("bfloat16"):
        model = architecture(name)(10)
    assert keras.config.dtype_policy().name == "float32"
    assert model.outputs[0].dtype == "float32"
    assert all(weight.dtype == "float32" for weight in model.weights)
    kinds = {layer.compute_dtype for layer in model.layers if isinstance(layer, keras.layers.Conv2D)}
    assert kinds == {"bfloat16"}


def test_a_model_trained_in_bfloat16_is_one_of_float32_that_answers_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgecnn.train.precision.cpu_has_bfloat16", lambda: True)
    some = load_calibration_sample().take(np.arange(128))
    recipe = Recipe("half", epochs=12, batch_size=16, precision="bfloat16")
    fitted = fit(architecture("tutorial_cnn"), recipe, some, validation=some, seed=1)
    assert {layer.compute_dtype for layer in fitted.model.layers} == {"float32"}
    right = np.mean(fitted.model.predict(some.images, verbose=0).argmax(axis=1) == some.labels)
    assert right > 0.5
    assert right == pytest.approx(fitted.history["val_accuracy"][-1], abs=0.05)
