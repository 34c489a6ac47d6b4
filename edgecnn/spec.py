"""The words that the whole package shares: formats, precisions, and what a tensor looks like."""

# Annotations are evaluated here, once, which is faster than having `edgecnn.schema` parse them from text at each start.

import enum
from dataclasses import dataclass, field


class Format(enum.Enum):
    """The file format of a model; the value is also its file name suffix without the dot."""

    TFLITE = "tflite"
    ONNX = "onnx"
    KERAS = "keras"


KERAS_SUFFIXES = (".keras", ".h5", ".hdf5")
"""Endings of the files that Keras saves a whole model in."""

SAVED_MODEL_NAME = "saved_model.pb"
"""The file that makes a folder a TensorFlow SavedModel."""

MAX_GOLDEN = 16
"""Golden images of an artifact at most: each is run at the input's size wherever the file is verified."""


class Precision(enum.Enum):
    """What the weights and activations of an artifact are stored and computed in.

    DYNAMIC has int8 weights, and quantizes activations anew at each call where the runtime has such a kernel. INT8 is
    full integer. INT16X8 has 16-bit activations and 8-bit weights, for TFLite alone.
    """

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    DYNAMIC = "int8-dynamic"
    INT8 = "int8"
    INT16X8 = "int16x8"

    @property
    def needs_calibration(self) -> bool:
        """Whether the ranges of activations are fixed when the file is made."""
        return self in (Precision.INT8, Precision.INT16X8)


class Method(enum.Enum):
    """How the range of a tensor is taken from its values on the calibration images."""

    MIN_MAX = "min-max"
    PERCENTILE = "percentile"
    ENTROPY = "entropy"
    MSE = "mse"


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
class Quantization:
    """How a quantized file is made, beside its precision.

    Attributes:
        io: dtype of the input and output of an int8 file: "uint8", "int8" or "float32".
        activations: dtype inside an int8 ONNX file: "uint8" or "int8"; TFLite's specification knows int8 alone.
        per_channel: whether each output channel of a convolution has a weight scale of its own.
        method: how ranges are taken from the calibration images.
        restored: Keras names of layers that are left in `restored_to`.
        restored_to: FLOAT32, or INT16X8 for TFLite.
        kept_outputs: those of the restored layers whose output is not quantized either, so that what reads it
            computes in `restored_to` too.
    """

    io: str = field(default="uint8", metadata={"key": "edges"})  # its name on disk
    activations: str = "uint8"
    per_channel: bool = True
    method: Method = Method.MIN_MAX
    restored: tuple[str, ...] = ()
    restored_to: Precision = Precision.FLOAT32
    kept_outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExportSpec:
    """Which artifacts to make: one file for each format (TFLite, ONNX) and precision.

    float32 is always among the precisions, so that what quantization did can be told from what conversion did.

    Attributes:
        quantization: how quantized files are made; the target decides about the activations.
        target: name of the device (see `edgecnn.export.target`).
        activations: "uint8" or "int8" inside int8 ONNX files, whatever the target; None leaves it to the target.
        keep_softmax: whether a softmax at the end stays in the files; else they give logits, and the classifier that
            reads them makes probabilities.
        golden: how many images each file carries to be verified with.
    """

    formats: tuple[Format, ...] = (Format.TFLITE, Format.ONNX)
    precisions: tuple[Precision, ...] = (Precision.FLOAT32, Precision.INT8)
    quantization: Quantization = Quantization()
    target: str = "generic"
    activations: str | None = None
    keep_softmax: bool = False
    golden: int = 4

    def __post_init__(self) -> None:
        """Refuse what cannot be made."""
        if Precision.FLOAT32 not in self.precisions or Format.KERAS in self.formats or not self.formats:
            raise ValueError(f"an export makes TFLite or ONNX, and float32 with whatever else: not {self}")
