"""Graphs unlike the tutorial's: float32 is Keras', int8 still takes raw pixels, and what stays float is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgecnn
from edgecnn.artifact import open_folder
from edgecnn.errors import ExportError
from edgecnn.export import export_model
from edgecnn.export.limits import ExportLimits
from edgecnn.spec import ExportSpec, Format, Precision, Scores
from edgecnn.tasks.single_label import softmax
from tests.conftest import grey_images, save_npz

Build = Callable[[Any, Any], Any]


def shared_convolution(keras: Any, pixels: Any) -> Any:
    """Apply one layer twice: its weights may not be scaled for the first use alone."""
    convolution = keras.layers.Conv2D(1, 3, padding="same")
    scaled = keras.layers.Rescaling(1 / 255)(pixels)
    return keras.layers.Flatten()(convolution(convolution(scaled)))


def normalized(keras: Any, pixels: Any) -> Any:
    layer = keras.layers.Normalization(mean=[120.0], variance=[3600.0])
    return keras.layers.Flatten()(keras.layers.Conv2D(3, 3, padding="same")(layer(pixels)))


def layer_norm(keras: Any, pixels: Any) -> Any:
    hidden = keras.layers.Conv2D(4, 3)(keras.layers.Rescaling(1 / 255)(pixels))
    return keras.layers.Flatten()(keras.layers.LayerNormalization()(hidden))


def residual(keras: Any, pixels: Any) -> Any:
    hidden = keras.layers.Conv2D(4, 3, padding="same")(keras.layers.Rescaling(1 / 127.5, -1)(pixels))
    branch = keras.layers.BatchNormalization()(keras.layers.Conv2D(4, 3, padding="same", use_bias=False)(hidden))
    return keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(keras.layers.Add()([hidden, branch])))


def depthwise(keras: Any, pixels: Any) -> Any:
    hidden = keras.layers.DepthwiseConv2D(3, depth_multiplier=4)(keras.layers.Rescaling(1 / 255)(pixels))
    return keras.layers.Flatten()(keras.layers.Conv2D(3, 1, activation="relu6")(hidden))


def upsampled(keras: Any, pixels: Any) -> Any:
    """Repeat pixels, which the quantizer knows no integer form of."""
    hidden = keras.layers.Conv2D(4, 3, strides=2)(keras.layers.Rescaling(1 / 255)(pixels))
    return keras.layers.Flatten()(keras.layers.UpSampling2D()(hidden))


def unrolled(keras: Any, pixels: Any) -> Any:
    """Split the first step's gates, of which one is multiplied by the state that is 0: nothing reads it."""
    rows = keras.layers.Reshape((12, 10))(keras.layers.Rescaling(1 / 255)(pixels))
    return keras.layers.GRU(6, unroll=True)(rows)


MODELS: dict[str, Build] = {
    "shared_convolution": shared_convolution,
    "normalized": normalized,
    "layer_norm": layer_norm,
    "residual": residual,
    "depthwise": depthwise,
    "upsampled": upsampled,
    "unrolled": unrolled,
}


@pytest.mark.parametrize("name", MODELS)
def test_every_kind_of_graph_exports_and_computes_what_keras_computes(name: str, tmp_path: Path) -> None:
    import keras

    keras.utils.set_random_seed(3)
    pixels = keras.Input((12, 10, 1))
    model = keras.Model(pixels, keras.layers.Dense(3)(MODELS[name](keras, pixels)))
    model.save(tmp_path / f"{name}.keras")
    calibration = save_npz(tmp_path / "calibration.npz", grey_images(60, seed=2))
    evaluation = save_npz(tmp_path / "evaluation.npz", grey_images(300, seed=3))
    images = np.load(evaluation)["images"]
    logits = model.predict(images.astype(np.float32), verbose=0)

    export_model(
        str(tmp_path / f"{name}.keras"), tmp_path / "out", ExportSpec(),
        calibration=str(calibration), evaluation=str(evaluation), limits=ExportLimits(max_drop=100, min_top1=0),
    )  # fmt: skip

    artifacts = open_folder(tmp_path / "out").artifacts
    assert len(artifacts) == 4
    for artifact in artifacts:
        scores = edgecnn.load(artifact.path).predict(images)
        is_float = artifact.contract.precision is Precision.FLOAT32
        assert artifact.contract.scores is Scores.LOGITS
        np.testing.assert_allclose(scores, softmax(logits), atol=1e-4 if is_float else 0.25, err_msg=artifact.path.name)
        if not is_float:
            assert (artifact.contract.input.dtype, artifact.contract.input.scale) == ("uint8", 1.0), artifact.path.name
    named = {
        artifact.path.suffix: set(artifact.contract.float_operations)
        for artifact in artifacts
        if "int8" in artifact.path.name
    }
    assert named[".tflite"] == set()
    assert bool(named[".onnx"]) == (name in ("layer_norm", "upsampled"))


def test_a_half_precision_model_is_refused_by_the_name_of_its_layer(tmp_path: Path, own: Any) -> None:
    import keras

    keras.utils.set_random_seed(3)
    pixels = keras.Input((12, 10, 1))
    half = keras.DTypePolicy("mixed_float16")
    hidden = keras.layers.Conv2D(4, 3, dtype=half)(keras.layers.Rescaling(1 / 255)(pixels))
    model = keras.Model(pixels, keras.layers.Dense(3, dtype=half)(keras.layers.Flatten()(hidden)))
    model.save(tmp_path / "half.keras")
    with pytest.raises(ExportError, match="conv2d.* computes in float16"):
        export_model(
            str(tmp_path / "half.keras"),
            tmp_path / "out",
            ExportSpec(precisions=(Precision.FLOAT32,)),
            evaluation=str(own.evaluation),
            limits=ExportLimits(min_top1=0),
        )


@pytest.fixture
def looping(tmp_path: Path) -> tuple[Any, Path]:
    import keras

    keras.utils.set_random_seed(3)
    pixels = keras.Input((12, 10, 1))
    rows = keras.layers.Reshape((12, 10))(keras.layers.Rescaling(1 / 255)(pixels))
    model = keras.Model(pixels, keras.layers.Dense(3)(keras.layers.LSTM(4)(rows)))
    model.save(tmp_path / "looping.keras")
    return model, tmp_path / "looping.keras"


def test_a_recurrent_layer_that_loops_is_exported_as_float32(
    looping: tuple[Any, Path], own: Any, tmp_path: Path
) -> None:
    model, path = looping
    spec, limits = ExportSpec(precisions=(Precision.FLOAT32,)), ExportLimits(min_top1=0)
    export_model(str(path), tmp_path / "out", spec, evaluation=str(own.evaluation), limits=limits)
    images = np.load(own.evaluation)["images"][:8]
    expected = softmax(model.predict(images.astype(np.float32), verbose=0))
    artifacts = open_folder(tmp_path / "out").artifacts
    assert [artifact.path.suffix for artifact in artifacts] == [".tflite", ".onnx"]
    for artifact in artifacts:
        np.testing.assert_allclose(edgecnn.load(artifact.path).predict(images), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("file_format", "precision"),
    [(Format.TFLITE, Precision.INT8), (Format.ONNX, Precision.INT8), (Format.ONNX, Precision.FLOAT16)],
)
def test_a_recurrent_layer_that_loops_stays_float32_and_the_error_says_what_to_do(
    file_format: Format, precision: Precision, looping: tuple[Any, Path], own: Any, tmp_path: Path
) -> None:
    spec, out = ExportSpec(formats=(file_format,), precisions=(Precision.FLOAT32, precision)), tmp_path / "out"
    with pytest.raises(ExportError, match=f"{precision.value}.*unroll=True"):
        export_model(
            str(looping[1]), out, spec,
            calibration=str(own.calibration), evaluation=str(own.evaluation), limits=ExportLimits(min_top1=0),
        )  # fmt: skip
    assert not out.exists()


def test_float32_alone_asks_for_no_calibration_images(own: Any, tmp_path: Path) -> None:
    exported = export_model(
        str(own.model), tmp_path / "out", ExportSpec(precisions=(Precision.FLOAT32,)), evaluation=str(own.evaluation)
    )
    assert exported.manifest.calibration is None


def test_at_most_512_calibration_images_are_drawn_and_the_classes_in_turn(own: Any, tmp_path: Path) -> None:
    many = grey_images(700, seed=5)
    uneven = many.take(np.flatnonzero((np.arange(700) % 3 != 0) | (np.arange(700) < 60)))
    path = save_npz(tmp_path / "many.npz", uneven)
    exported = export_model(
        str(own.model), tmp_path / "out", ExportSpec(), calibration=str(path), evaluation=str(own.evaluation)
    )
    calibration = exported.manifest.calibration
    assert calibration is not None
    assert uneven.labels is not None
    drawn = np.bincount(uneven.labels[[int(name) for name in calibration.ids]])
    assert drawn.tolist() == [20, 233, 233] or (drawn.sum() == len(uneven) <= 512)


def test_an_operation_that_onnx_has_not_is_one_error(own: Any, tmp_path: Path) -> None:
    import keras

    pixels = keras.Input((12, 10, 1))
    model = keras.Model(pixels, keras.layers.Dense(3)(keras.layers.Flatten()(keras.ops.erfinv(pixels / 300))))
    model.save(tmp_path / "exotic.keras")
    with pytest.raises(ExportError) as caught:
        export_model(
            str(tmp_path / "exotic.keras"),
            tmp_path / "out",
            ExportSpec(precisions=(Precision.FLOAT32,)),
            evaluation=str(own.evaluation),
            limits=ExportLimits(min_top1=0),
        )
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()
