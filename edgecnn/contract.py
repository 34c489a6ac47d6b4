"""How to feed a model file: the contract that every artifact carries inside itself.

It is JSON, sealed into the file in a way that each format allows for (see `edgecnn.container`): a truncated or
changed file is detected before any runtime sees it. No third-party package is needed to read it.
"""

# Annotations are evaluated here, once, which is faster than having `edgecnn.schema` parse them from text at each start.

import json
import math
import os
from dataclasses import dataclass, field

from edgecnn.container import ContainerError, attach, split
from edgecnn.errors import ArtifactError, ContractError
from edgecnn.schema import SchemaError, decode_json, encode
from edgecnn.spec import Format, Precision, Quantization, Scores, TensorSpec
from edgecnn.task import SINGLE_LABEL, TASKS

SCHEMA_VERSION = 2
"""2: the scale of pixels, golden images; a reader of 1 would feed such a file wrongly."""

_NEWEST = max(SCHEMA_VERSION, *(entry.contract_version for entry in TASKS.values()))

MAX_MODEL_BYTES = 2**31
"""Flatbuffers and protocol buffers cannot be larger than 2 GiB."""


RESIZE_FILTERS = ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")
"""Pillow's names."""

LAYOUTS = ("NHWC", "NCHW")

FITS = ("stretch", "crop", "pad")
"""How a picture of another shape is fitted to the input's: stretched, centred and cut, or centred on black."""


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """The conversion of a picture to the values that a model takes: real = scale * pixel + offset, pixel in 0..255.

    Attributes:
        colour: order of the channels that the model takes: "RGB", "BGR", or "L" for one channel.
        layout: order of the input tensor's axes: "NHWC", as in Keras, or "NCHW", as PyTorch exports it.
        scale, offset: one for all channels, or one for each, in the order that the model takes them.
        resize: Pillow's name of the filter.
        fit: one of `FITS`.
    """

    colour: str = "RGB"
    layout: str = "NHWC"
    scale: tuple[float, ...] = (1.0,)
    offset: tuple[float, ...] = (0.0,)
    resize: str = "bilinear"
    fit: str = "stretch"

    @property
    def takes_raw_pixels(self) -> bool:
        """Whether the values are the pixels themselves."""
        return set(self.scale) == {1.0} and set(self.offset) == {0.0}

    def fits(self, channels: int) -> bool:
        """Whether this works for a model with `channels` input channels."""
        numbers = (*self.scale, *self.offset)
        return (
            self.colour in (("L",) if channels == 1 else ("RGB", "BGR"))
            and self.layout in LAYOUTS
            and len(self.scale) in (1, channels)
            and len(self.offset) in (1, channels)
            and all(math.isfinite(number) for number in numbers)
            and 0.0 not in self.scale
            and self.resize in RESIZE_FILTERS
            and self.fit in FITS
        )


@dataclass(frozen=True, slots=True)
class Origin:
    """What an artifact was made from: the Keras model's name, the SHA-256 of its file, and how it is fed."""

    name: str
    sha256: str
    preprocessing: Preprocessing = Preprocessing()


@dataclass(frozen=True, slots=True)
class Golden:
    """A few inputs, and what the file answered to them on the machine that made it.

    Attributes:
        shape: count, height, width and channels of the stored pictures. They are smaller than the input where that is
            large; pixels are repeated then.
        pixels: the pictures, uint8 RGB or grey in C order, compressed with zlib, as base64 text.
        scores: for each, the real values of the output tensor, before any softmax.
    """

    shape: tuple[int, ...]
    pixels: str
    scores: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Description:
    """How a model file is fed, and which labels its scores have.

    Attributes:
        input: the image tensor, its axes in the order of `preprocessing.layout`.
        output: as many scores as the task has for the labels.
        labels: class names in the order of the output's last axis.
        task: what the scores mean, one of `edgecnn.task.TASKS`.
    """

    format: Format
    precision: Precision
    input: TensorSpec
    output: TensorSpec
    labels: tuple[str, ...]
    preprocessing: Preprocessing
    origin: Origin
    task: str = field(default=SINGLE_LABEL, kw_only=True, metadata={"omit_default": True})

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of a picture, whatever the layout of the tensor."""
        one, two, three = self.input.shape[1:]
        return (two, three, one) if self.preprocessing.layout == "NCHW" else (one, two, three)

    @property
    def stated_task(self) -> str | None:
        """The task as options state it: None for single labels."""
        return None if self.task == SINGLE_LABEL else self.task

    @property
    def notes(self) -> tuple[str, ...]:
        """What nobody stated about the file, and what was assumed instead, in sentences."""
        return ()


@dataclass(frozen=True, slots=True)
class Contract(Description):
    """Everything that is needed to run a model file and to read its answer.

    Attributes:
        scores: what the scores are.
        needs: of the runtime: "opset" and "ir_version" for ONNX, the oldest "tensorflow-lite" for TFLite.
        made_with: version of every package that took part.
        float_operations: kinds of operations that an int8 file computes in float after all.
        target: the device that the choices in `quantization` were made for.
        quantization: how a quantized file was made; None for float32 and float16.
        golden: what `edgecnn verify` compares with.
    """

    scores: Scores
    needs: dict[str, str]
    made_with: dict[str, str]
    float_operations: tuple[str, ...] = ()
    target: str = "generic"
    quantization: Quantization | None = None
    golden: Golden | None = None
    schema_version: int = SCHEMA_VERSION


def seal(payload: bytes, contract: Contract) -> bytes:
    """Return the model file: `payload` with `contract` behind it."""
    text = json.dumps(encode(contract), indent=1, sort_keys=True)
    return attach(contract.format, payload, text, contract.labels)


def read_contract(path: str | os.PathLike[str]) -> Contract:
    """Return the contract inside a model file, after checking that the file is whole and unchanged.

    Raises:
        ArtifactError: no such file, empty, truncated, changed, or no model file at all.
        ContractError: a model without a contract, or with one that this edgecnn cannot read.
    """
    return parse_contract(read_model_file(path), path)


def parse_contract(content: bytes, path: str | os.PathLike[str]) -> Contract:
    """Return the contract inside the bytes of a model file, as `read_contract`; errors name them `path`."""
    contract = find_contract(content, path)
    if contract is None:
        raise ContractError(
            f"{os.fspath(path)} has no contract: edgecnn did not write it, or it was cut short; "
            "make it with `edgecnn export`"
        )
    return contract


def find_contract(content: bytes, path: str | os.PathLike[str]) -> Contract | None:
    """Return the contract inside the bytes of a model file, None where there is none; else as `parse_contract`."""
    path = os.fspath(path)
    if not content:
        raise ArtifactError(f"{path} is empty; export the model again")
    try:
        file_format, _, text = split(content)
    except ContainerError as error:
        raise ArtifactError(f"{path} cannot be used: {error}; export the model again") from error
    if text is None:
        return None
    try:
        contract = decode_json(Contract, text, newest=_NEWEST)
    except SchemaError as error:
        raise ContractError(f"the contract inside {path} cannot be read: {error}") from error
    if contract.task not in TASKS:
        raise ContractError(
            f"the contract inside {path} is for the task {contract.task!r}, which is not known here; update edgecnn"
        )
    if contract.format is not file_format or not is_classifier(contract):
        raise ContractError(f"the contract inside {path} contradicts itself; export the model again")
    if not contract.preprocessing.fits(contract.image_shape[2]):
        raise ContractError(
            f"the contract inside {path} asks for {contract.preprocessing}, "
            "which this edgecnn cannot do; update edgecnn"
        )
    return contract


def read_model_file(path: str | os.PathLike[str]) -> bytes:
    """Return the content of a model file.

    Raises:
        ArtifactError: no such file, or larger than any model.
    """
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size > MAX_MODEL_BYTES:
                raise ArtifactError(f"{path} is larger than 2 GiB: no TFLite or ONNX model")
            content = file.read()
    except FileNotFoundError as error:
        raise ArtifactError(f"no such model file: {path}") from error
    except OSError as error:
        raise ArtifactError(f"cannot read {path}: {error.strerror}") from error
    return content


def is_classifier(description: Description) -> bool:
    """Whether the tensors fit each other: an image in, the scores of the task's labels out."""
    pixels, scores = description.input, description.output
    return (
        len(pixels.shape) == 4
        and len(scores.shape) == 2
        and all(size > 0 for size in (*pixels.shape, *scores.shape))
        and pixels.shape[0] == scores.shape[0]
        and description.image_shape[2] in (1, 3)
        and TASKS[description.task].class_count(scores.shape[-1]) == len(description.labels)
        and _is_usable(pixels)
        and _is_usable(scores)
    )


def _is_usable(spec: TensorSpec) -> bool:
    """Whether the quantization is one that the dtype can hold."""
    lowest, highest = _ZERO_POINTS.get(spec.dtype, (1, 0))
    has_scale = spec.scale == 1 if spec.dtype == "float32" else math.isfinite(spec.scale) and spec.scale > 0
    return has_scale and lowest <= spec.zero_point <= highest


_ZERO_POINTS = {"float32": (0, 0), "uint8": (0, 255), "int8": (-128, 127)}
"""Lowest and highest zero-point of each dtype that a tensor may have."""
