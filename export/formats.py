"""The formats that edgecnn makes files of: one table.

A format is a package with the modules that a row names, and a row; the way in which its files are recognized and read
is a row of `edgecnn.model_files`. Nothing else in an export decides by the name of a format. What a row names is
imported when it is called.
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

    A float32 model is whatever the package works on: the bytes of a flatbuffer, or an `onnx.ModelProto`.

    Attributes:
        convert: takes a frozen TensorFlow function (see `keras.freeze`); returns its float32 model. Raises
            `ExportError` if an operation cannot be expressed.
        describe: takes a float32 model; returns the content of its file.
        tensors: takes a float32 model and images; yields what its tensors hold.
        quantize: takes a float32 model, a precision, the ranges of its tensors or None, a `Quantization` and the layers
            of the Keras model; returns the content of a file in that precision. Raises `ExportError`.
        loops: whether a part of a float32 model runs a number of times, as a recurrent layer does unless it is
            unrolled.
        pair: takes a float32 model, the payload of an int8 file that was made from it, and the layers; returns both.
        may_loop: whether a part of a file in a precision may run a number of times.
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
