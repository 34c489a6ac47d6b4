"""Input and output have the names that every export gives them."""

from __future__ import annotations

from typing import Any

from edgecnn.export.keras.freeze import INPUT_NAME, OUTPUT_NAME
from edgecnn.export.onnx.graph import rename_tensors


def name_io(model: Any) -> bool:
    """Give the only input and the only output of the graph their names."""
    (pixels,), (scores,) = model.graph.input, model.graph.output
    renamed = {pixels.name: INPUT_NAME, scores.name: OUTPUT_NAME}
    pixels.name, scores.name = INPUT_NAME, OUTPUT_NAME
    rename_tensors(model.graph, renamed)
    return any(old != new for old, new in renamed.items())
