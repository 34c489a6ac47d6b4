"""What a converted model answers, asked without edgecnn's own runtime."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgecnn.export.converted import Converted

DTYPES = {"float32": np.float32, "uint8": np.uint8, "int8": np.int8}


def answers(converted: Converted, images: Any) -> Any:
    """Return the real scores, float32 (N, classes), of a file that is fed as its own description says."""
    dtype = DTYPES[converted.input.dtype]
    stored = (images.astype(np.float32) / converted.input.scale + converted.input.zero_point).astype(dtype)
    raw = _run_tflite(converted, stored) if converted.payload[4:8] == b"TFL3" else _run_onnx(converted, stored)
    return (raw.astype(np.float32) - converted.output.zero_point) * converted.output.scale


def _run_tflite(converted: Converted, stored: Any) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=converted.payload)
    interpreter.allocate_tensors()
    (taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()
    found = []
    for image in stored:
        interpreter.set_tensor(taken["index"], image[None])
        interpreter.invoke()
        found.append(interpreter.get_tensor(given["index"])[0])
    return np.array(found)


def _run_onnx(converted: Converted, stored: Any) -> Any:
    import onnxruntime

    session = onnxruntime.InferenceSession(converted.payload, providers=["CPUExecutionProvider"])
    return np.array([session.run(None, {converted.input.name: image[None]})[0][0] for image in stored])
