"""The model files that are written here compute what they say, on the real runtimes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edgecnn.container import split
from edgecnn.inspection.tflite_graph import read_tflite
from edgecnn.models.registry import shipped_folder
from edgecnn.profiling import onnx_model, tflite_model
from edgecnn.profiling.convolution import LAYERS, SCALE, Convolutions
from edgecnn.profiling.cut import cut

litert = pytest.importorskip("ai_edge_litert.interpreter")
onnxruntime = pytest.importorskip("onnxruntime")


def run_tflite(content: bytes, image: Any, **options: Any) -> Any:
    interpreter = litert.Interpreter(model_content=content, **options)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
    interpreter.invoke()
    return interpreter


def answers(what: Convolutions, runtime: str) -> Any:
    """Return the output on the given image, (1, height, width, channels)."""
    image = what.image()
    if runtime == "tflite":
        interpreter = run_tflite(tflite_model.convolutions(what), image)
        return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    session = onnxruntime.InferenceSession(onnx_model.convolutions(what), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(image.transpose(0, 3, 1, 2))})
    return found.transpose(0, 2, 3, 1)


def by_numpy(what: Convolutions) -> np.ndarray:
    """Return the real values of the output, in float64."""
    weights, values = what.weights().astype(np.float64), what.image().astype(np.float64)
    if what.is_integer:
        values = (values - what.zero_point) * SCALE
        weights *= what.weight_scales()[:, None, None, None]
    half = what.kernel // 2
    for _ in range(LAYERS):
        padded = np.pad(values, ((0, 0), (half, half), (half, half), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (what.kernel, what.kernel), axis=(1, 2))
        values = np.einsum("nhwcij,oijc->nhwo", windows, weights)
        if what.is_integer:
            low, high = (SCALE * (edge - what.zero_point) for edge in ((0, 255), (-128, 127))[what.dtype == "int8"])
            values = np.clip(np.rint(values / SCALE) * SCALE, low, high)
    return values


@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize(
    ("runtime", "dtype"),
    [("tflite", "float32"), ("tflite", "int8"), ("onnx", "float32"), ("onnx", "uint8"), ("onnx", "int8")],
)
def test_the_measured_convolutions_are_convolutions(runtime: str, dtype: str, kernel: int) -> None:
    what = Convolutions(channels=8, size=5, kernel=kernel, dtype=dtype)
    found, wanted = answers(what, runtime), by_numpy(what)
    assert found.shape == (1, 5, 5, 8)
    assert found.std() > 0
    if what.is_integer:
        steps = np.abs((found.astype(np.float64) - what.zero_point) * SCALE - wanted) / SCALE
        assert steps.max() <= 3  # a rounding in each layer
        assert np.unique(found).size > 20
    else:
        np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_the_macs_of_the_measured_convolutions_are_those_that_an_inspection_counts() -> None:
    from edgecnn.inspection.account import operations

    what = Convolutions(8, 5, 3, "int8")
    assert sum(one.macs or 0 for one in operations(read_tflite(tflite_model.convolutions(what)).graph)) == what.macs


def test_the_model_of_nothing_runs() -> None:
    name, content = onnx_model.nothing()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    assert session.run(None, {name: np.array([2.5], np.float32)})[0] == [2.5]


def test_a_model_that_is_cut_short_computes_what_the_whole_one_does_up_to_there() -> None:
    payload = split((shipped_folder("tutorial_cnn") / "tutorial_cnn-int8.tflite").read_bytes())[1]
    graph = read_tflite(payload).graph
    image = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), np.uint8)
    reference = litert.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES  # a delegate keeps no values in between
    whole = run_tflite(payload, image, experimental_preserve_all_tensors=True, experimental_op_resolver_type=reference)
    for count, node in enumerate(graph.nodes, 1):
        part = run_tflite(cut(payload, graph, 0, count), image, experimental_op_resolver_type=reference)
        (output,) = part.get_output_details()
        assert output["index"] == int(node.outputs[0])
        np.testing.assert_array_equal(part.get_tensor(output["index"]), whole.get_tensor(output["index"]))


def test_a_model_that_is_cut_before_its_first_operation_gives_back_its_input() -> None:
    payload = tflite_model.convolutions(Convolutions(8, 5, 3, "float32"))
    image = Convolutions(8, 5, 3, "float32").image()
    empty = run_tflite(cut(payload, read_tflite(payload).graph, 0, 0), image)
    np.testing.assert_array_equal(empty.get_tensor(empty.get_output_details()[0]["index"]), image)


def test_a_model_that_begins_in_the_middle_goes_on_where_the_other_part_ended() -> None:
    payload = split((shipped_folder("tutorial_cnn") / "tutorial_cnn-int8.tflite").read_bytes())[1]
    graph, count = read_tflite(payload).graph, 10
    image = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), np.uint8)
    whole = run_tflite(payload, image)
    wanted = whole.get_tensor(whole.get_output_details()[0]["index"])
    for border in range(1, count):
        front = run_tflite(cut(payload, graph, 0, border), image)
        between = front.get_tensor(front.get_output_details()[0]["index"])
        back = run_tflite(cut(payload, graph, border, count), between)
        np.testing.assert_array_equal(back.get_tensor(back.get_output_details()[0]["index"]), wanted)
