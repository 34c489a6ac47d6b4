"""The order of the passes on a TFLite graph, before and after it is quantized."""

from __future__ import annotations

from edgecnn.export.passes import Pass
from edgecnn.export.tflite.passes.negations import multiply_negations
from edgecnn.export.tflite.passes.stand_ins import put_stand_ins, take_stand_ins_back
from edgecnn.export.tflite.passes.uint8_io import make_io_uint8
from edgecnn.export.tflite.passes.unread import quantize_unread
from edgecnn.export.tflite.passes.versions import state_versions


def before_quantizing(*, calibrated: bool) -> tuple[Pass, ...]:
    """Return the passes on a float graph; `calibrated` says whether activations are quantized too."""
    return (*((multiply_negations,) if calibrated else ()), put_stand_ins)


def after_quantizing(*, io: str) -> tuple[Pass, ...]:
    """Return the passes on the quantizer's output; `io` is the dtype of input and output."""
    return (
        take_stand_ins_back,
        quantize_unread,
        *((make_io_uint8,) if io == "uint8" else ()),
        state_versions,
    )
