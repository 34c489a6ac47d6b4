"""Observe the values of every tensor inside a TFLite model while it runs on images."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgecnn.data.dataset import Pixels
from edgecnn.export.observe import Tensors, Values, as_input


def tensors(model: bytes, images: Pixels, *, real: bool = False) -> Tensors:
    """Yield all float activations of a TFLite model for each image by name; with `real`, quantized ones too."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=model, experimental_preserve_all_tensors=True)
    interpreter.allocate_tensors()
    pixels = interpreter.get_input_details()[0]
    details = {tensor["index"]: tensor for tensor in interpreter.get_tensor_details()}
    operations = _operations(interpreter)
    read = {int(index) for operation in operations for index in operation["inputs"]}
    read.add(int(interpreter.get_output_details()[0]["index"]))
    computed = {
        int(index)
        for operation in operations
        for index in operation["outputs"]
        if len(operation["outputs"]) == 1 or int(index) in read  # outputs of a split that nothing reads are not kept
    }
    shown = [
        details[index]
        for index in sorted({int(pixels["index"]), *computed} & set(details))
        if details[index]["dtype"] == np.float32 or (real and details[index]["quantization"][0])
    ]
    for image in images:
        interpreter.set_tensor(pixels["index"], as_input(image, pixels["dtype"]))
        interpreter.invoke()
        yield {tensor["name"]: _real(interpreter.get_tensor(tensor["index"]), tensor) for tensor in shown}


def _real(stored: Any, details: dict[str, Any]) -> Values:
    if stored.dtype == np.float32:
        return stored  # type: ignore[no-any-return]
    scale, zero_point = details["quantization"]
    return ((stored.astype(np.float32) - zero_point) * scale).astype(np.float32)  # type: ignore[no-any-return]


def _operations(interpreter: Any) -> list[dict[str, Any]]:
    return interpreter._get_ops_details()  # type: ignore[no-any-return]  # noqa: SLF001  # there is no public way
