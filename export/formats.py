"""The table of the formats that edgecnn exports.

A format is one row here and a package with the modules that the row names; a row of `edgecnn.model_files` says how its
files are recognized and read. Nothing else in an export depends on the name of a format. What a row names is imported
when it is called.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edgecnn.export.converted import Converted
from edgecnn.export.observe import ReadTensors
from edgecnn.export.paired import PairedModels
from edgecnn.lazy import Lazy
from edgecnn.models.layers import Layers
from edgecnn.spec import Format, Precision


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """How files of one format are made and taken apart.

    A float32 model is what the package works on: the bytes of a flatbuffer, or an `onnx.ModelProto`.

    Attributes:
        convert: takes a frozen TensorFlow function (see `keras.freeze`); returns its float32 model. Raises
            `ExportError` if an operation cannot be expressed.
        describe: takes a float32 model; returns the content of its file.
        tensors: takes a float32 model and images; yields the values of its tensors.
        quantize: takes a float32 model, a precision, the ranges of its tensors or None, a `Quantization` and the layers
            of the Keras model; returns the content of a file in that precision. Raises `ExportError`.
        loops: whether a float32 model contains a loop, as a recurrent layer does unless it is unrolled.
        pair: takes a float32 model, the payload of an int8 file made from it, and the layers; returns the pair.
        may_loop: whether a file in a precision may contain a loop.
    """

    format: Format
    convert: Callable[[Any], Any]
    describe: Callable[[Any], Converted]
    tensors: ReadTensors
    quantize: Callable[..., Converted]
    loops: Callable[[Any], bool]
    pair: Callable[[Any, bytes, Layers], PairedModels]
    may_loop: Callable[[Precision], bool]


def _row(file_format: Format, package: str, *, may_loop: Callable[[Precision], bool]) -> ExportFormat:
    """Return the row of a format whose package has the usual modules and functions."""
    return ExportFormat(
        file_format,
        convert=Lazy(f"{package}.convert:convert"),
        describe=Lazy(f"{package}.convert:describe"),
        tensors=Lazy(f"{package}.observe:tensors"),
        quantize=Lazy(f"{package}.quantize:quantize"),
        loops=Lazy(f"{package}.graph:loops"),
        pair=Lazy(f"{package}.paired:pair"),
        may_loop=may_loop,
    )


FORMATS: dict[Format, ExportFormat] = {
    row.format: row
    for row in (
        _row(
            Format.TFLITE,
            "edgecnn.export.tflite",
            may_loop=lambda precision: not precision.needs_calibration,
        ),
        _row(Format.ONNX, "edgecnn.export.onnx", may_loop=lambda precision: precision.is_full),
    )
}
