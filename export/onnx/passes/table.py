"""The order of the passes on an ONNX graph, before and after it is quantized."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from edgecnn.export.onnx.model_io import IntegerIO
from edgecnn.export.onnx.passes.flatten import fold_flatten
from edgecnn.export.onnx.passes.gemm import make_gemm
from edgecnn.export.onnx.passes.integer_io import make_io_integer
from edgecnn.export.onnx.passes.io_names import name_io
from edgecnn.export.onnx.passes.keep_in_float import keep_in_float
from edgecnn.export.onnx.passes.numbered_names import number_names
from edgecnn.export.onnx.passes.opsets import drop_unused_opsets
from edgecnn.export.onnx.passes.padding import fold_padding
from edgecnn.export.onnx.passes.reshape import join_reshapes
from edgecnn.export.onnx.passes.shapes import forget_shapes, infer_shapes
from edgecnn.export.onnx.passes.tidy import (
    drop_dead_nodes,
    drop_identities,
    drop_unused_constants,
    name_after_layers,
)
from edgecnn.export.passes import Pass

AFTER_CONVERTING: tuple[Pass, ...] = (
    name_io,
    infer_shapes,
    drop_identities,
    join_reshapes,
    make_gemm,
    fold_flatten,
    fold_padding,
    drop_dead_nodes,
    drop_unused_constants,
    name_after_layers,
    forget_shapes,
    infer_shapes,
    number_names,
    drop_unused_opsets,
)
"""From the output of tf2onnx to a float32 model with all shapes."""


def after_quantizing(*, in_float: Collection[str] = (), io: IntegerIO | None = None) -> tuple[Pass, ...]:
    """Return the passes on the output of a quantizer.

    Dead nodes stay: ONNX Runtime splits integers only if all parts are quantized, even those that nothing reads.

    Args:
        in_float: names of the nodes that must stay in float.
        io: the integer input and output; None for float32.
    """
    return (
        partial(keep_in_float, names=in_float),
        drop_unused_constants,
        *((partial(make_io_integer, io=io),) if io is not None else ()),
        drop_unused_opsets,
    )


BEFORE_WRITING: tuple[Pass, ...] = (drop_unused_opsets,)
"""After a conversion that ONNX Runtime does by itself."""
