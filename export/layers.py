"""Find the Keras layers that a converter's error refers to."""

from __future__ import annotations

import re
from typing import Any

from edgecnn.models.layers import Layers, layers_of

__all__ = ["Layers", "layers_of", "name_layers_in_error"]

_OPERATION_KINDS = re.compile(r"\btf\.(\w+)|'(\w+)': \d+")


def name_layers_in_error(graph_def: Any, text: str, layers: Layers) -> tuple[str, ...]:
    """Return the layers whose operations a converter's error text names, each once.

    Args:
        graph_def: TensorFlow's `GraphDef` that was converted.
        text: such as "'tf.Erfinv' op is neither a custom op nor a flex op" of the TFLite converter, or
            "Unsupported ops: Counter({'Erfinv': 1})" of tf2onnx.
        layers: of the Keras model. An operation outside every layer is reported by its name in the graph.
    """
    kinds = {first or second for first, second in _OPERATION_KINDS.findall(text)}
    guilty = [layers.find(node.name) or str(node.name) for node in graph_def.node if node.op in kinds]
    return tuple(dict.fromkeys(guilty))
