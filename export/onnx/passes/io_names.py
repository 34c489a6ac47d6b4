"""Name input and output as in every export."""

from __future__ import annotations

from typing import Any

from edgecnn.export.keras.freeze import INPUT_NAME, OUTPUT_NAME
from edgecnn.export.onnx.graph import rename_tensors


def name_io(model: Any) -> bool:
    """Give the graph's only input and only output their fixed names."""
    (pixels,), (scores,) = model.graph.input, model.graph.output
    renamed = {pixels.name: INPUT_NAME, scores.name: OUTPUT_NAME}
    pixels.name, scores.name = INPUT_NAME, OUTPUT_NAME
    rename_tensors(model.graph, renamed)
    return any(old != new for old, new in renamed.items())
