"""Observe the values of every tensor inside an ONNX model while it runs on images."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgecnn.data.dataset import Pixels
from edgecnn.export.observe import Tensors, as_input

_DTYPES = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8, "tensor(int8)": np.int8}


def tensors(model: Any, images: Pixels, *, as_written: bool = False) -> Tensors:
    """Yield all float activations of an `onnx.ModelProto` for each image, by name.

    With `as_written`, the runtime fuses nothing, so that each quantize-dequantize pair rounds where it stands.
    """
    import onnx
    import onnxruntime

    seen = onnx.ModelProto()
    seen.CopyFrom(model)
    outputs = {output.name for output in seen.graph.output}
    for node in seen.graph.node:
        for name in node.output:
            if name and name not in outputs:
                seen.graph.output.add().name = name
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if as_written:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(seen.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    pixels = session.get_inputs()[0]
    for image in images:
        feed = {pixels.name: as_input(image, _DTYPES[pixels.type])}
        values = feed | dict(zip(names, session.run(names, feed), strict=True))
        yield {name: value for name, value in values.items() if value.dtype == np.float32}
