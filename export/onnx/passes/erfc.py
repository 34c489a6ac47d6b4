"""Convert the exact GELU of Keras, for which tf2onnx lacks an operation."""

from __future__ import annotations

from typing import Any

import numpy as np


def convert_erfc(context: Any, node: Any, name: str, _: Any) -> None:
    """Convert TensorFlow's Erfc(x) to 1 - Erf(x); a handler for tf2onnx's `custom_op_handlers`."""
    shapes, dtypes = node.output_shapes, node.output_dtypes
    erf = context.make_node("Erf", node.input, name=f"{name}/Erf", shapes=shapes, dtypes=dtypes)
    one = context.make_const(f"{name}/one", np.array(1, np.float32))
    context.remove_node(name)
    context.make_node(
        "Sub", [one.output[0], erf.output[0]], name=name, outputs=node.output, shapes=shapes, dtypes=dtypes
    )
