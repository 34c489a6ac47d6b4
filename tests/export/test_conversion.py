"""What the converters make of a model, seen with the bare runtimes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from ai_edge_litert.interpreter import Interpreter
from onnx import numpy_helper

from edgecnn.data.sample import load_calibration_sample, load_test_sample
from edgecnn.feeding import Feeding
from edgecnn.spec import Method, Precision
from edgecnn.tasks.single_label import softmax

FILES = {
    ("tflite", "float32"): "tutorial_cnn-float32.tflite",
    ("tflite", "int8"): "tutorial_cnn-int8.tflite",
    ("onnx", "float32"): "tutorial_cnn-float32.onnx",
    ("onnx", "int8"): "tutorial_cnn-int8.onnx",
}


def bare_tflite(path: Path, images: Any) -> Any:
    """Return the raw outputs of a plain loop over LiteRT."""
    interpreter = Interpreter(model_path=str(path))
    interpreter.allocate_tensors()
    (taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()
    found = []
    for image in images:
        interpreter.set_tensor(taken["index"], image[None].astype(taken["dtype"]))
        interpreter.invoke()
        found.append(interpreter.get_tensor(given["index"])[0])
    return np.array(found)


def bare_onnx(path: Path, images: Any) -> Any:
    """Return the raw outputs of a plain loop over ONNX Runtime."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    taken = session.get_inputs()[0]
    dtype = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8}[taken.type]
    return np.array([session.run(None, {taken.name: image[None].astype(dtype)})[0][0] for image in images])


BARE = {"tflite": bare_tflite, "onnx": bare_onnx}


@pytest.mark.parametrize(("file_format", "precision"), FILES, ids=FILES.values())
def test_the_manifests_accuracy_is_that_of_a_plain_loop_over_raw_pixels(
    shipped_export: Any, file_format: str, precision: str
) -> None:
    """Feeding uint8 pixels, and taking the largest raw output, needs no knowledge of edgecnn."""
    name = FILES[file_format, precision]
    sample = load_test_sample()
    answers = BARE[file_format](shipped_export.folder / name, sample.images).argmax(axis=1)
    entry = next(entry for entry in shipped_export.manifest.artifacts if entry.file == name)
    assert int((answers == sample.labels).sum()) == entry.measured.correct
    assert (entry.measured.correct or 0) > 0.75 * len(sample)


@pytest.mark.parametrize("file_format", ["tflite", "onnx"])
def test_float32_computes_what_keras_computes(shipped_export: Any, file_format: str) -> None:
    import keras

    from edgecnn.models.registry import shipped_folder

    images = load_test_sample().images[:64]
    model = keras.models.load_model(shipped_folder("tutorial_cnn") / "model.keras", compile=False)
    found = BARE[file_format](shipped_export.folder / FILES[file_format, "float32"], images)
    np.testing.assert_allclose(softmax(found), model.predict(images.astype(np.float32), verbose=0), atol=1e-5)


def test_int8_tflite_has_no_float_tensor(shipped_export: Any) -> None:
    interpreter = Interpreter(
        model_path=str(shipped_export.folder / FILES["tflite", "int8"]),
        experimental_op_resolver_type=_without_delegates(),
    )
    kinds = {np.dtype(details["dtype"]).name for details in interpreter.get_tensor_details()}
    assert kinds <= {"int8", "uint8", "int32"}
    assert interpreter.get_input_details()[0]["dtype"] == np.uint8
    assert interpreter.get_input_details()[0]["quantization"] == (1.0, 0)


def _without_delegates() -> Any:
    from ai_edge_litert.interpreter import OpResolverType

    return OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES


def test_int8_tflite_weights_are_quantized_per_channel(shipped_export: Any) -> None:
    interpreter = Interpreter(model_path=str(shipped_export.folder / FILES["tflite", "int8"]))
    filters = [details for details in interpreter.get_tensor_details() if tuple(details["shape"]) == (64, 3, 3, 32)]
    assert len(filters[0]["quantization_parameters"]["scales"]) == 64


def test_int8_onnx_takes_and_gives_uint8_and_every_operation_inside_is_quantized(shipped_export: Any) -> None:
    """QDQ: an operation is run in integers if it stands between DequantizeLinear and QuantizeLinear."""
    graph = onnx.load(shipped_export.folder / FILES["onnx", "int8"]).graph
    assert graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert graph.output[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8
    maker = {output: node.op_type for node in graph.node for output in node.output}
    takers = {name: [node.op_type for node in graph.node if name in node.input] for name in maker}
    layout = ("QuantizeLinear", "DequantizeLinear", "Transpose", "Reshape")
    computing = [node for node in graph.node if node.op_type not in layout]
    assert {node.op_type for node in computing} >= {"Conv", "MaxPool", "Gemm"}
    for node in computing:
        assert all(maker.get(name) == "DequantizeLinear" for name in node.input), node.name
        assert takers[node.output[0]] == ["QuantizeLinear"], node.name


def test_int8_onnx_weights_are_quantized_per_channel(shipped_export: Any) -> None:
    graph = onnx.load(shipped_export.folder / FILES["onnx", "int8"]).graph
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    scales = [
        values[node.input[1]].size
        for node in graph.node
        if node.op_type == "DequantizeLinear" and node.input[0] in values and values[node.input[0]].ndim == 4
    ]
    assert scales == [32, 64, 64]


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_onnx_has_a_batch_of_one_nhwc_pixels_and_no_scaling_left(shipped_export: Any, precision: str) -> None:
    model = onnx.load(shipped_export.folder / FILES["onnx", precision])
    assert [size.dim_value for size in model.graph.input[0].type.tensor_type.shape.dim] == [1, 32, 32, 3]
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 17)]
    assert not {"Mul", "Add", "Shape", "Gather"} & {node.op_type for node in model.graph.node}


def test_int8_input_is_the_raw_pixel_even_if_calibration_saw_no_bright_one() -> None:
    """A step of the ONNX input is one pixel value, whatever the calibration images span."""
    from edgecnn.export.keras.freeze import freeze_classifier
    from edgecnn.export.observe import observe
    from edgecnn.export.onnx.convert import convert as to_onnx
    from edgecnn.export.onnx.observe import tensors
    from edgecnn.export.onnx.quantize import quantize
    from edgecnn.export.ranges import choose_ranges
    from edgecnn.models.load import load_keras_classifier
    from edgecnn.models.registry import find_model_file

    function = freeze_classifier(load_keras_classifier(find_model_file("tutorial_cnn"))).function
    dark = load_calibration_sample().images[:20] // 2
    model = to_onnx(function)
    ranges = choose_ranges(observe(tensors, model, dark), Method.MIN_MAX)
    found = quantize(model, Precision.INT8, ranges)
    assert (found.input.dtype, found.input.scale, found.input.zero_point) == ("uint8", 1.0, 0)


def test_a_users_own_model_exports_in_both_formats(own: Any, tmp_path: Path) -> None:
    """12×10 grey pixels, an offset in the scaling, a batch norm, logits."""
    import keras

    import edgecnn
    from edgecnn.export import export_model
    from edgecnn.spec import ExportSpec

    exported = export_model(
        str(own.model),
        tmp_path / "out",
        ExportSpec(),
        calibration=str(own.calibration),
        evaluation=str(own.evaluation),
        feeding=Feeding(labels=("dark", "middling", "bright")),
    )
    images = np.load(own.evaluation)["images"]
    expected = softmax(keras.models.load_model(own.model).predict(images.astype(np.float32), verbose=0))
    assert len(exported.manifest.artifacts) == 4
    for entry in exported.manifest.artifacts:
        found = edgecnn.load(exported.folder / entry.file).predict(images)
        tolerance = 1e-4 if entry.precision.value == "float32" else 0.2
        np.testing.assert_allclose(found, expected, atol=tolerance, err_msg=entry.file)
        assert (entry.measured.correct or 0) >= 0.95 * len(images)
        if entry.format.value == "onnx":
            kinds = {node.op_type for node in onnx.load(exported.folder / entry.file).graph.node}
            assert "BatchNormalization" not in kinds
