"""The values of every tensor inside a float model while it looks at images, without keeping them.

One pass takes the least and the largest value of each tensor for each image. A second pass, where a method asks for
it, counts all values into histograms between these. Memory is that of one image's activations and of the counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgecnn.data.dataset import Pixels
from edgecnn.spec import Method

BINS = 8192
"""Fine enough that a value 30 times the others leaves these 256 bins."""

Values = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How often a tensor takes which value.

    Attributes:
        low, high: edges of the first and the last bin; all bins are equally wide.
        counts: int64, (BINS,).
        zeros: how many values are exactly 0, as behind a ReLU: these cost nothing to quantize.
    """

    low: float
    high: float
    counts: npt.NDArray[np.int64]
    zeros: int

    @property
    def centers(self) -> npt.NDArray[np.float64]:
        """The middle of each bin, (BINS,)."""
        return self.low + (np.arange(len(self.counts)) + 0.5) * (self.high - self.low) / len(self.counts)


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """What tensors were seen to hold.

    Attributes:
        low, high: by tensor name, float32 (N,): least and largest value on each image.
        histograms: by tensor name, over all images; empty where none were asked for.
    """

    low: dict[str, Values]
    high: dict[str, Values]
    histograms: dict[str, Histogram]


Tensors = Iterator[dict[str, Values]]
"""One dict of tensors for each image; the arrays may be overwritten when the next is taken."""


def observe_tflite(model: bytes, images: Pixels, method: Method = Method.MIN_MAX) -> Observed:
    """Return what each float tensor of a TFLite model holds on the images; constants are left out.

    Args:
        model: float32 flatbuffer with a batch of one.
        images: uint8, (N, H, W, C).
        method: histograms are taken if it needs them.
    """
    return _observe(lambda: tflite_tensors(model, images), method)


def observe_onnx(model: Any, images: Pixels, method: Method = Method.MIN_MAX) -> Observed:
    """Return what each float tensor of an `onnx.ModelProto` holds on the images; constants are left out.

    Args and result are those of `observe_tflite`.
    """
    return _observe(lambda: onnx_tensors(model, images), method)


def merge(first: Observed, second: Observed) -> Observed:
    """Return what was seen on two disjoint sets of images of the same model.

    Where the histograms reach differently far, the counts of a bin go to where its middle lies.
    """
    both = {name: _merged(histogram, second.histograms[name]) for name, histogram in first.histograms.items()}
    return Observed(_concatenated(first.low, second.low), _concatenated(first.high, second.high), both)


def tflite_tensors(model: bytes, images: Pixels, *, real: bool = False) -> Tensors:
    """Yield all float activations of a TFLite model for each image by name; with `real`, quantized ones too."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=model, experimental_preserve_all_tensors=True)
    interpreter.allocate_tensors()
    taken = interpreter.get_input_details()[0]
    details = {each["index"]: each for each in interpreter.get_tensor_details()}
    operations = _operations(interpreter)
    read = {int(index) for operation in operations for index in operation["inputs"]}
    read.add(int(interpreter.get_output_details()[0]["index"]))
    made = {
        int(index)
        for operation in operations
        for index in operation["outputs"]
        if len(operation["outputs"]) == 1 or int(index) in read  # of a split, what nothing reads is not kept
    }
    wanted = [
        details[index]
        for index in sorted({int(taken["index"]), *made} & set(details))
        if details[index]["dtype"] == np.float32 or (real and details[index]["quantization"][0])
    ]
    for image in images:
        interpreter.set_tensor(taken["index"], _fed(image, taken["dtype"]))
        interpreter.invoke()
        yield {each["name"]: _real(interpreter.get_tensor(each["index"]), each) for each in wanted}


def onnx_tensors(model: Any, images: Pixels, *, as_written: bool = False) -> Tensors:
    """Yield all float activations of an `onnx.ModelProto` for each image, by name.

    With `as_written` the runtime fuses nothing, so that pairs of quantizing and dequantizing round where they stand.
    """
    import onnx
    import onnxruntime

    seen = onnx.ModelProto()
    seen.CopyFrom(model)
    given = {output.name for output in seen.graph.output}
    for node in seen.graph.node:
        for name in node.output:
            if name and name not in given:
                seen.graph.output.add().name = name
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if as_written:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(seen.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    taken = session.get_inputs()[0]
    for image in images:
        feed = _fed(image, _ONNX_DTYPES[taken.type])
        tensors = {taken.name: feed, **dict(zip(names, session.run(names, {taken.name: feed}), strict=True))}
        yield {name: tensor for name, tensor in tensors.items() if tensor.dtype == np.float32}


_ONNX_DTYPES = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8, "tensor(int8)": np.int8}


def _fed(image: Pixels, dtype: Any) -> Any:
    """Return a batch of one image for an input of one pixel value a step."""
    return (image[None].astype(np.int16) - 128).astype(np.int8) if dtype == np.int8 else image[None].astype(dtype)


def _real(stored: Any, details: dict[str, Any]) -> Values:
    if stored.dtype == np.float32:
        return stored  # type: ignore[no-any-return]
    scale, zero_point = details["quantization"]
    return ((stored.astype(np.float32) - zero_point) * scale).astype(np.float32)  # type: ignore[no-any-return]


def _operations(interpreter: Any) -> list[dict[str, Any]]:
    return interpreter._get_ops_details()  # type: ignore[no-any-return]  # noqa: SLF001  # there is no public way


def _observe(run: Any, method: Method) -> Observed:
    low: dict[str, list[np.float32]] = {}
    high: dict[str, list[np.float32]] = {}
    for tensors in run():
        for name, values in tensors.items():
            low.setdefault(name, []).append(values.min())
            high.setdefault(name, []).append(values.max())
    lows = {name: np.array(values, np.float32) for name, values in low.items()}
    highs = {name: np.array(values, np.float32) for name, values in high.items()}
    if method is Method.MIN_MAX:
        return Observed(lows, highs, {})
    counters = {name: _Counter(float(lows[name].min()), float(highs[name].max())) for name in lows}
    for tensors in run():
        for name, values in tensors.items():
            counters[name].add(values)
    return Observed(lows, highs, {name: counter.histogram() for name, counter in counters.items()})


class _Counter:
    """Counts values into the bins of one tensor's histogram."""

    def __init__(self, low: float, high: float) -> None:
        self._low, self._high = low, high if high > low else low + 1e-6
        self._counts = np.zeros(BINS, np.int64)
        self._zeros = 0

    def add(self, values: Values) -> None:
        flat = values.ravel()
        scaled = (flat - np.float32(self._low)) * np.float32(BINS / (self._high - self._low))
        places = np.minimum(scaled.astype(np.int32), BINS - 1)
        self._counts += np.bincount(places, minlength=BINS)
        self._zeros += flat.size - int(np.count_nonzero(flat))

    def histogram(self) -> Histogram:
        return Histogram(self._low, self._high, self._counts, self._zeros)


def _merged(first: Histogram, second: Histogram) -> Histogram:
    low, high = min(first.low, second.low), max(first.high, second.high)
    counts = np.zeros(BINS, np.int64)
    for part in (first, second):
        places = ((part.centers - low) * (BINS / (high - low))).astype(np.int64)
        np.add.at(counts, places.clip(0, BINS - 1), part.counts)
    return Histogram(low, high, counts, first.zeros + second.zeros)


def _concatenated(first: dict[str, Values], second: dict[str, Values]) -> dict[str, Values]:
    return {name: np.concatenate([values, second[name]]) for name, values in first.items()}
