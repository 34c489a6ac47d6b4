"""How to feed a model file: the contract that every artifact carries inside itself.

It is JSON, sealed into the file in a way that each format allows for (see `edgecnn.container`): a file that was cut
short or changed is found out before any runtime sees it. No third-party package is needed to read it.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

from edgecnn.container import ContainerError, attach, split
from edgecnn.errors import ArtifactError, ContractError
from edgecnn.schema import SchemaError, decode_json, encode
from edgecnn.spec import Format, Precision, Scores, TensorSpec

SCHEMA_VERSION = 1
MAX_MODEL_BYTES = 2**31
"""Flatbuffers and protocol buffers cannot be larger than 2 GiB."""


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """What turns a picture into the model's input pixels.

    Attributes:
        colour: order of the channels: "RGB", or "L" for one channel.
        layout: order of the axes; always "NHWC", as in Keras.
        value_range: lowest and highest pixel value that the model expects before input quantization.
        resize: Pillow's name of the filter; the whole picture is stretched to the input size.
    """

    colour: str = "RGB"
    layout: str = "NHWC"
    value_range: tuple[float, ...] = (0.0, 255.0)
    resize: str = "bilinear"


@dataclass(frozen=True, slots=True)
class Origin:
    """What an artifact was made from: the Keras model's name, and the SHA-256 of its file."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Contract:
    """Everything that is needed to run a model file and to read its answer.

    Attributes:
        input: the image tensor, NHWC.
        output: one score for each label.
        scores: what these scores are.
        labels: class names in the order of the output's last axis.
        needs: of the runtime: "opset" and "ir_version" for ONNX, the oldest "tensorflow-lite" for TFLite.
        made_with: version of every package that took part.
        float_operations: kinds of operations that an int8 file computes in float after all.
    """

    format: Format
    precision: Precision
    input: TensorSpec
    output: TensorSpec
    scores: Scores
    labels: tuple[str, ...]
    preprocessing: Preprocessing
    origin: Origin
    needs: dict[str, str]
    made_with: dict[str, str]
    float_operations: tuple[str, ...] = ()
    schema_version: int = SCHEMA_VERSION


def seal(payload: bytes, contract: Contract) -> bytes:
    """Return the model file: `payload` with `contract` behind it."""
    text = json.dumps(encode(contract), indent=1, sort_keys=True)
    return attach(contract.format, payload, text, contract.labels)


def read_contract(path: str | Path) -> Contract:
    """Return the contract inside a model file, after checking that the file is whole and unchanged.

    Raises:
        ArtifactError: no such file, empty, truncated, changed, or no model file at all.
        ContractError: a model without a contract, or with one that this edgecnn cannot read.
    """
    path = Path(path)
    content = _read_model(path)
    try:
        file_format, _, text = split(content)
    except ContainerError as error:
        raise ArtifactError(f"{path} cannot be used: {error}; export the model again") from error
    if text is None:
        raise ContractError(
            f"{path} has no contract: edgecnn did not write it, or it was cut short; make it with `edgecnn export`"
        )
    try:
        contract = decode_json(Contract, text, newest=SCHEMA_VERSION)
    except SchemaError as error:
        raise ContractError(f"the contract inside {path} cannot be read: {error}") from error
    if contract.format is not file_format or not _is_classifier(contract):
        raise ContractError(f"the contract inside {path} contradicts itself; export the model again")
    known = Preprocessing(colour="L" if contract.input.shape[-1] == 1 else "RGB")
    if contract.preprocessing != known:  # this edgecnn would feed the model in another way than it asks for
        raise ContractError(
            f"the contract inside {path} asks for {contract.preprocessing}, "
            f"and this edgecnn only does {known}; update edgecnn"
        )
    return contract


def _read_model(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_MODEL_BYTES:
            raise ArtifactError(f"{path} is larger than 2 GiB: no TFLite or ONNX model")
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise ArtifactError(f"no such model file: {path}") from error
    except OSError as error:
        raise ArtifactError(f"cannot read {path}: {error.strerror}") from error
    if not content:
        raise ArtifactError(f"{path} is empty; export the model again")
    return content


def _is_classifier(contract: Contract) -> bool:
    """Whether the tensors fit each other: an NHWC image in, one score for each label out."""
    pixels, scores = contract.input, contract.output
    return (
        len(pixels.shape) == 4
        and len(scores.shape) == 2
        and all(size > 0 for size in (*pixels.shape, *scores.shape))
        and pixels.shape[0] == scores.shape[0]
        and pixels.shape[-1] in (1, 3)
        and scores.shape[-1] == len(contract.labels)
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
