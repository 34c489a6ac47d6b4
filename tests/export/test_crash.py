"""A conversion that crashes is one line that names the layer, and nothing is left of it."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgecnn.export.keras.cut import LayerInGraph, cut_behind, layers_in_graph
from edgecnn.export.keras.freeze import freeze
from edgecnn.export.suspect import first_crashing
from edgecnn.models.layers import layers_of
from edgecnn.models.registry import shipped_folder
from edgecnn.spec import Scores
from tests.forks import Forks

CODE = Path(__file__).with_name("crashing.py")


def graph(*sources: str) -> tuple[LayerInGraph, ...]:
    """Return layers "a", "b", …, each with the letters of those that it takes from."""
    return tuple(LayerInGraph(name, name, tuple(letters)) for name, letters in zip("abcde", sources, strict=True))


CHAIN, BRANCHES = graph("", "a", "b", "c", "d"), graph("", "a", "a", "b", "cd")


def crashes_on(culprits: str, layers: tuple[LayerInGraph, ...], layer: LayerInGraph) -> bool:
    """Whether a model up to a layer crashes, of which some layers do."""
    by_name = {each.name: each for each in layers}
    return layer.name in culprits or any(crashes_on(culprits, layers, by_name[name]) for name in layer.sources)


@pytest.mark.parametrize("culprits", ["a", "b", "c", "d", "e", "be"])
@pytest.mark.parametrize("layers", [CHAIN, BRANCHES], ids=["chain", "branches"])
def test_the_layer_that_is_found_crashes_and_what_it_takes_from_does_not(
    layers: tuple[LayerInGraph, ...], culprits: str
) -> None:
    found = first_crashing(layers, functools.partial(crashes_on, culprits, layers))
    assert found is not None
    assert found.name in culprits
    assert not any(crashes_on(culprits, layers, each) for each in layers if each.name in found.sources)


def test_where_no_part_crashes_none_is_found() -> None:
    assert first_crashing(CHAIN, lambda _: False) is None


@pytest.fixture(scope="module")
def model() -> Any:
    import keras

    from tests.export.crashing import Odd

    keras.utils.set_random_seed(0)
    pixels = keras.Input((12, 10, 1))
    first = keras.layers.Conv2D(4, 3, padding="same", name="first")(pixels)
    beside = keras.layers.Conv2D(4, 3, padding="same", name="beside")(pixels)
    odd = Odd(name="odd")(first)
    pooled = keras.layers.GlobalAveragePooling2D(name="pool")(keras.layers.Add(name="add")([odd, beside]))
    return keras.Model(pixels, keras.layers.Dense(3, name="scores")(pooled))


def test_a_graph_is_cut_behind_each_of_its_layers(model: Any) -> None:
    import keras
    import tensorflow as tf

    layers = layers_of(model)
    function = freeze(lambda images: model(images, training=False), (12, 10, 1), Scores.LOGITS, layers=layers).function
    by_name = {layer.name: layer for layer in layers_in_graph(function, layers)}
    assert {name: set(layer.sources) for name, layer in by_name.items()} == {
        "first": set(), "beside": set(), "odd": {"first"}, "add": {"odd", "beside"}, "pool": {"add"},
        "scores": {"pool"},
    }  # fmt: skip
    pixels = tf.constant(np.random.default_rng(0).uniform(0, 255, (1, 12, 10, 1)), tf.float32)
    for name, layer in by_name.items():
        expected = keras.Model(model.inputs[0], model.get_layer(name).output)(pixels)
        found = cut_behind(function, layer.end)(pixels)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


def crash(forks: Forks, model: Any, folder: Path, where: str, *command: str | Path) -> tuple[str, ...]:
    """Return the steps of a command that crashes, and its error, after which nothing is left but the log it names."""
    model.save(folder / "odd.keras")
    temporary = folder / "temporary"
    temporary.mkdir()
    variables = {"TMPDIR": str(temporary), "CRASH": where}
    ran = forks.start(
        *command, "--code", CODE,
        before=f"import os, tempfile; tempfile.tempdir = None; os.environ.update({variables})",
    )  # fmt: skip
    assert ran.wait() == 1
    *steps, error = ran.output.read_text().splitlines()
    assert {path.name for path in folder.iterdir()} == {"odd.keras", "temporary"}
    (log,) = temporary.iterdir()
    assert "Fatal Python error" in log.read_text()
    error, _, words = error.rpartition("; ")
    assert words == f"the converters' output is in {log}"
    return (*steps, error)


def crash_export(forks: Forks, own: Any, model: Any, folder: Path, where: str) -> str:
    *steps, error = crash(
        forks, model, folder, where,
        "export", folder / "odd.keras", "--int8", "--min-top1", "0", "--out", folder / "out",
        "--calibration", own.calibration, "--evaluation", own.evaluation,
    )  # fmt: skip
    assert steps[-1] == "looking for the layer that crashes it"
    return error


def test_a_layer_that_crashes_when_it_is_called_is_named(forks: Forks, own: Any, model: Any, tmp_path: Path) -> None:
    assert crash_export(forks, own, model, tmp_path, "when called") == (
        "edgecnn: the conversion crashed (SIGSEGV) in the step 'importing TensorFlow, loading model and images', "
        "on layer odd; use another layer there"
    )


def test_a_layer_that_a_converter_crashes_on_is_named(forks: Forks, own: Any, model: Any, tmp_path: Path) -> None:
    assert crash_export(forks, own, model, tmp_path, "in the converter") == (
        "edgecnn: the conversion crashed (SIGABRT) in the step 'converting to TFLite', on layer odd; "
        "use another layer there, or leave TFLite out with --formats"
    )


def test_a_layer_that_a_runtime_crashes_on_is_named(forks: Forks, own: Any, model: Any, tmp_path: Path) -> None:
    assert crash_export(forks, own, model, tmp_path, "in LiteRT") == (
        "edgecnn: the conversion crashed (SIGFPE) in the step 'calibrating TFLite on 60 images', on layer odd; "
        "use another layer there, or leave TFLite out with --formats"
    )


def test_a_diagnosis_that_crashes_is_one_line(forks: Forks, model: Any, tmp_path: Path) -> None:
    artifact = shipped_folder("tutorial_cnn") / "tutorial_cnn-int8.tflite"
    arguments = ("diagnose", artifact, "--against", tmp_path / "odd.keras")
    assert crash(forks, model, tmp_path, "when called", *arguments) == (
        "loading the model",
        "edgecnn: the conversion crashed (SIGSEGV) in the step 'loading the model'",
    )
