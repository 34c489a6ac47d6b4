"""Definitions that the whole package shares: formats, precisions, and tensors."""

# Annotations are evaluated here, once, which is faster than having `edgecnn.schema` parse them from text at each start.
# Named tuples take less time to define than dataclasses do, and every command imports this module.

import enum
from dataclasses import dataclass, field
from typing import NamedTuple


class Format(enum.Enum):
    """The file format of a model; the value is also the suffix of a file name, `title` the usual spelling."""

    TFLITE = "tflite", "TFLite"
    ONNX = "onnx", "ONNX"
    KERAS = "keras", "Keras"

    _value_: str
    title: str

    def __new__(cls, value: str, title: str = "") -> "Format":
        """Return a member of that value and title."""
        member = object.__new__(cls)
        member._value_, member.title = value, title
        return member


KERAS_SUFFIXES = (".keras", ".h5", ".hdf5")
"""Endings of the files that Keras saves a whole model in."""

SAVED_MODEL_NAME = "saved_model.pb"
"""The file that makes a folder a TensorFlow SavedModel."""

MAX_GOLDEN = 16
"""Golden images of an artifact at most: each is run at the input's size wherever the file is verified."""


class NumberType(NamedTuple):
    """How numbers are stored: `kind` is "float" or "int" (signed), `bits` is the size of one."""

    kind: str
    bits: int

    @property
    def dtype(self) -> str:
        """NumPy's name, as "int8"."""
        return f"{self.kind}{self.bits}"


CALIBRATION_SIZE = 512
"""Default number of training images for calibration."""

ACTIVATION_DTYPES = ("uint8", "int8")
"""What activations can be inside an int8 ONNX file; TFLite's are int8."""

IO_DTYPES = ("uint8", "int8", "float32")
"""What the input and output of a full-integer file can be."""


class PrecisionRow(NamedTuple):
    """What a precision is; each member of `Precision` has these as attributes.

    Attributes:
        weights: as they are stored.
        activations: as they are computed; None where each call takes their range anew, in a runtime that has such a
            kernel.
        io: dtypes that the input and output can have; the first is the default.
        tolerance: how far a float score may be from a golden one, as a share of the largest score. float16 has 11
            significant bits, which some processors compute in; the ranges of int8 activations change with the last bit
            of what came before.
        preference: a bundle runs the lowest first: what edge devices are quickest with, then what is most accurate.
        colour: number of the colour in charts, 1 to 7.
        formats: those that have it.
        restored_in: formats in whose int8 files a layer can be put back to it.
        caveats: its drawback in a format, or why a format lacks it; follows both names in a sentence.
    """

    weights: NumberType
    activations: NumberType | None
    io: tuple[str, ...] = ("float32",)
    tolerance: float = 5e-2
    preference: int = 9
    colour: int = 6
    formats: tuple[Format, ...] = (Format.TFLITE, Format.ONNX)
    restored_in: tuple[Format, ...] = ()
    caveats: tuple[tuple[Format, str], ...] = ()


_FLOAT32, _FLOAT16 = NumberType("float", 32), NumberType("float", 16)
_INT16, _INT8 = NumberType("int", 16), NumberType("int", 8)
_FULL = PrecisionRow(
    _FLOAT32, _FLOAT32, tolerance=1e-4, preference=2, colour=1, restored_in=(Format.TFLITE, Format.ONNX)
)


class Precision(enum.Enum):
    """What the weights and activations of an artifact are stored and computed in: a name, and a row of facts.

    Add a row, and everything that reads, makes, measures and shows artifacts knows it.
    """

    FLOAT32 = "float32", _FULL
    FLOAT16 = "float16", PrecisionRow(_FLOAT16, _FLOAT16, tolerance=1e-2, preference=4, colour=3)
    DYNAMIC = (
        "int8-dynamic",
        PrecisionRow(
            _INT8,
            None,
            preference=3,
            colour=5,
            caveats=((Format.ONNX, "is slow for convolutions: ONNX Runtime has no fast kernel; int8 is faster"),),
        ),
    )
    INT8 = "int8", PrecisionRow(_INT8, _INT8, IO_DTYPES, preference=1, colour=2)
    INT16X8 = (
        "int16x8",
        PrecisionRow(
            _INT8,
            _INT16,
            tolerance=1e-2,
            preference=5,
            colour=4,
            formats=(Format.TFLITE,),
            restored_in=(Format.TFLITE,),
            caveats=(
                (Format.TFLITE, "is slow: LiteRT has only its reference kernels for it; it is for accuracy alone"),
                (Format.ONNX, "ONNX Runtime has no such kernels"),
            ),
        ),
    )

    _value_: str
    weights: NumberType
    activations: NumberType | None
    io: tuple[str, ...]
    tolerance: float
    preference: int
    colour: int
    formats: tuple[Format, ...]
    restored_in: tuple[Format, ...]
    caveats: tuple[tuple[Format, str], ...]

    def __new__(cls, value: str, row: PrecisionRow = _FULL) -> "Precision":
        """Return a member whose value is its name on disk and whose attributes are the row's.

        Every member has a row; the default is for type checkers, to whom `Precision("int8")` is a call of this.
        """
        member = object.__new__(cls)
        member._value_ = value
        for attribute, value_of_row in zip(row._fields, row, strict=True):
            setattr(member, attribute, value_of_row)
        return member

    @property
    def is_full(self) -> bool:
        """Whether nothing is rounded: what a conversion gives, and the other precisions are made from."""
        return self.weights == self.activations == _FLOAT32

    @property
    def is_quantized(self) -> bool:
        """Whether weights are integers."""
        return self.weights.kind == "int"

    @property
    def needs_calibration(self) -> bool:
        """Whether the ranges of activations are fixed when the file is made."""
        return self.activations is not None and self.activations.kind == "int"

    @property
    def is_full_integer(self) -> bool:
        """Whether all is integer from input to output, in 8 bits at most: what edge processors are fastest with."""
        return self.needs_calibration and "int8" in self.io

    def choose_io(self, asked: str) -> str:
        """Return the dtype of input and output where `asked` is wanted: that, or the default if there is no such."""
        return asked if asked in self.io else self.io[0]


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
        if (
            not any(precision.is_full for precision in self.precisions)
            or Format.KERAS in self.formats
            or not self.formats
        ):
            raise ValueError(f"an export makes TFLite or ONNX, and float32 with whatever else: not {self}")
