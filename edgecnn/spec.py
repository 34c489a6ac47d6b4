"""The words that the whole package shares: formats, precisions, and what a tensor looks like."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Format(enum.Enum):
    """The file format of a model; the value is also its file name suffix without the dot."""

    TFLITE = "tflite"
    ONNX = "onnx"
    KERAS = "keras"


KERAS_SUFFIXES = (".keras", ".h5", ".hdf5")
"""Endings of the files that Keras saves a whole model in."""


class Precision(enum.Enum):
    """What the weights and activations of an artifact are stored and computed in."""

    FLOAT32 = "float32"
    INT8 = "int8"


class Scores(enum.Enum):
    """What the output tensor of a classifier holds for each class."""

    PROBABILITIES = "probabilities"
    LOGITS = "logits"


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One input or output tensor of a model file.

    Attributes:
        name: as the file calls it.
        shape: with the batch as the first axis.
        dtype: NumPy's name: "float32", "uint8", "int8".
        scale: real value of one step; 1.0 for a float tensor.
        zero_point: stored value that means real 0; 0 for a float tensor.

    real = scale * (stored - zero_point), the affine quantization of the LiteRT 8-bit specification.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: float = 1.0
    zero_point: int = 0


@dataclass(frozen=True, slots=True)
class ExportSpec:
    """Which artifacts to make: one file for each format (TFLite, ONNX) and precision.

    float32 is always among the precisions, so that what quantization did can be told from what conversion did.
    """

    formats: tuple[Format, ...] = (Format.TFLITE, Format.ONNX)
    precisions: tuple[Precision, ...] = (Precision.FLOAT32, Precision.INT8)

    def __post_init__(self) -> None:
        """Refuse what cannot be made."""
        if Precision.FLOAT32 not in self.precisions or Format.KERAS in self.formats or not self.formats:
            raise ValueError(f"an export makes TFLite or ONNX, and float32 with whatever else: not {self}")
