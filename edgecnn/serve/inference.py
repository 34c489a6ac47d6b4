"""Requests and answers of the Open Inference Protocol v2, with its JSON and its binary form of tensors.

Sources: github.com/kserve/open-inference-protocol (inference_rest.md), and Triton's extensions "binary tensor data",
"classification" and "model repository" (github.com/triton-inference-server/server, docs/protocol).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgecnn._version import __version__
from edgecnn.contract import Contract
from edgecnn.runtime.classifier import Images, Probabilities
from edgecnn.serve.model import VERSION, Models, ServedModel
from edgecnn.serve.request_error import RequestError

EXTENSIONS = ("binary_tensor_data", "classification", "model_repository")
HEADER_LENGTH = "inference-header-content-length"
"""The HTTP header that says how many bytes of the body are JSON, before binary tensors."""

JSON_TYPE = "application/json"
BINARY_TYPE = "application/octet-stream"

_NESTED_LEVELS = 3  # one list per axis of NHWC but the last


@dataclass(frozen=True, slots=True)
class InferRequest:
    """A parsed inference request.

    Attributes:
        images: uint8, (N, H, W, C).
        classes: how many labels to return instead of all probabilities; 0 returns the probabilities.
        binary: whether the answer's tensor follows the JSON as raw bytes.
    """

    images: Images
    id: str | None = None
    classes: int = 0
    binary: bool = False


def read_infer_request(body: bytes, header_length: str | None, contract: Contract) -> InferRequest:
    """Return the request in an HTTP body.

    Args:
        body: JSON, followed by the bytes of a tensor if there is a `header_length`; with "0" it is all tensor.
        header_length: value of the HTTP header `HEADER_LENGTH`.
        contract: of the requested model.

    Raises:
        RequestError: 400 with the reason.
    """
    size = _header_length(header_length, body)
    if size == 0:
        return InferRequest(_from_bytes(body, None, contract), binary=True)
    message = _read_json(body[:size])
    tensor = _only_item(message, "inputs", contract.input.name)
    if tensor.get("datatype") != "UINT8":
        raise RequestError(400, f"input {contract.input.name!r} takes datatype UINT8: raw pixels 0..255, not scaled")
    shape = _read_shape(tensor.get("shape"), contract)
    parameters = _parameters(tensor)
    if "binary_data_size" in parameters:
        binary = body[size:]
        if "data" in tensor or parameters["binary_data_size"] != len(binary):
            raise RequestError(400, f"binary_data_size must be the {len(binary)} bytes after the JSON, without data")
        images = _from_bytes(binary, shape, contract)
    elif size != len(body):
        raise RequestError(400, f"there are {len(body) - size} bytes after the JSON, but no input has binary_data_size")
    else:
        images = _from_json(tensor.get("data"), shape, has_booleans=b"true" in body or b"false" in body)
    wants_binary = _boolean(_parameters(message), "binary_data_output", default=False)
    classes = 0
    if message.get("outputs"):
        asked = _parameters(_only_item(message, "outputs", contract.output.name))
        wants_binary = _boolean(asked, "binary_data", default=wants_binary)
        classes = _classes(asked.get("classification", 0), len(contract.labels))
    return InferRequest(images, _id(message), classes, wants_binary)


def write_infer_answer(
    request: InferRequest, probabilities: Probabilities, model: ServedModel
) -> tuple[bytes, dict[str, str]]:
    """Return the HTTP body and its headers for float32 probabilities, (N, classes)."""
    import orjson

    contract = model.classifier.contract
    values: Any = probabilities
    output: dict[str, Any] = {"name": contract.output.name, "datatype": "FP32", "shape": list(probabilities.shape)}
    if request.classes:
        values = _classified(probabilities, contract.labels, request.classes)
        output |= {"datatype": "BYTES", "shape": [len(values), request.classes]}
    answer: dict[str, Any] = {"model_name": model.name, "model_version": VERSION}
    if request.id is not None:
        answer["id"] = request.id
    answer["outputs"] = [output]
    if not request.binary:
        output["data"] = [text for row in values for text in row] if request.classes else values.ravel()
        return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY), {"content-type": JSON_TYPE}
    binary = _strings(values) if request.classes else values.astype("<f4", copy=False).tobytes()
    output["parameters"] = {"binary_data_size": len(binary)}
    text = orjson.dumps(answer)
    return text + binary, {"content-type": BINARY_TYPE, HEADER_LENGTH: str(len(text))}


def server_metadata() -> dict[str, Any]:
    """Return the answer to `GET /v2`."""
    return {"name": "edgecnn", "version": __version__, "extensions": list(EXTENSIONS)}


def model_metadata(model: ServedModel) -> dict[str, Any]:
    """Return the answer to `GET /v2/models/NAME`; -1 is a batch of any size."""
    import orjson

    contract = model.classifier.contract
    return {
        "name": model.name,
        "versions": [VERSION],
        "platform": f"{model.backend}_{contract.format.value}",
        "inputs": [{"name": contract.input.name, "datatype": "UINT8", "shape": [-1, *contract.image_shape]}],
        "outputs": [{"name": contract.output.name, "datatype": "FP32", "shape": [-1, len(contract.labels)]}],
        "parameters": {  # the protocol allows strings, numbers and booleans here
            "labels": orjson.dumps(contract.labels).decode(),
            "precision": contract.precision.value,
            "origin": contract.origin.name,
        },
    }


def repository_index(models: Models) -> list[dict[str, str]]:
    """Return the answer to `POST /v2/repository/index`."""
    return [{"name": name, "version": VERSION, "state": "READY", "reason": ""} for name in models]


def _header_length(text: str | None, body: bytes) -> int:
    if text is None:
        return len(body)
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= len(body)):
        raise RequestError(400, f"{HEADER_LENGTH} must be between 0 and the {len(body)} bytes of the body")
    return int(text)


def _read_json(text: bytes) -> dict[str, Any]:
    import orjson

    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise RequestError(400, f"the request is not JSON: {error}") from error
    if not isinstance(message, dict):
        raise RequestError(400, "the request must be a JSON object with inputs")
    return message


def _only_item(message: dict[str, Any], key: str, name: str) -> dict[str, Any]:
    items = message.get(key)
    if not isinstance(items, list) or len(items) != 1 or not isinstance(items[0], dict):
        raise RequestError(400, f"{key} must be a list of one object, for {name!r}")
    item: dict[str, Any] = items[0]
    if item.get("name") != name:
        raise RequestError(400, f"the name in {key} must be {name!r}")
    return item


def _parameters(item: dict[str, Any]) -> dict[str, Any]:
    parameters = item.get("parameters", {})
    if not isinstance(parameters, dict):
        raise RequestError(400, "parameters must be an object")
    return parameters


def _boolean(parameters: dict[str, Any], name: str, *, default: bool) -> bool:
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise RequestError(400, f"{name} must be true or false")
    return value


def _id(message: dict[str, Any]) -> str | None:
    value = message.get("id")
    if value is not None and not isinstance(value, str):
        raise RequestError(400, "id must be a string")
    return value


def _classes(value: Any, labels: int) -> int:
    if type(value) is not int or value < 0:
        raise RequestError(400, "classification must be a number of labels")
    return min(value, labels)


def _read_shape(shape: Any, contract: Contract) -> tuple[int, ...]:
    image = contract.image_shape
    if (
        not isinstance(shape, list)
        or not all(type(size) is int for size in shape)
        or tuple(shape[1:]) != image
        or shape[0] < 1
    ):
        raise RequestError(400, f"shape must be [N, {', '.join(map(str, image))}]: batch, height, width, channels")
    return tuple(shape)


def _from_bytes(binary: bytes, shape: tuple[int, ...] | None, contract: Contract) -> Images:
    image = contract.image_shape
    count, rest = divmod(len(binary), math.prod(image))
    if rest or not count or (shape is not None and shape[0] != count):
        wanted = "whole images" if shape is None else f"{math.prod(shape)} bytes for shape {list(shape)}"
        raise RequestError(
            400, f"the tensor has {len(binary)} bytes, not {wanted} of {math.prod(image)} bytes an image"
        )
    return np.frombuffer(binary, np.uint8).reshape(count, *image)


def _from_json(data: Any, shape: tuple[int, ...], *, has_booleans: bool) -> Images:
    try:
        for _ in range(_NESTED_LEVELS):
            if isinstance(data, list) and data and isinstance(data[0], list):
                data = list(itertools.chain.from_iterable(data))
        if not isinstance(data, list) or (has_booleans and bool in set(map(type, data))):
            raise TypeError
        pixels = bytes(data)  # the fastest way that refuses all but integers 0..255
    except (TypeError, ValueError) as error:
        raise RequestError(400, "data must be a list of integers 0..255, flat or nested as shape says") from error
    if len(pixels) != math.prod(shape):
        raise RequestError(400, f"data has {len(pixels)} values; shape {list(shape)} needs {math.prod(shape)}")
    return np.frombuffer(pixels, np.uint8).reshape(shape)


def _classified(probabilities: Probabilities, labels: tuple[str, ...], count: int) -> list[list[str]]:
    """Return "score:index:label", best first, for each image, as in Triton's classification extension."""
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :count]
    return [
        [f"{row[index]:.6f}:{index}:{labels[index]}" for index in indices]
        for row, indices in zip(probabilities, best, strict=True)
    ]


def _strings(rows: list[list[str]]) -> bytes:
    """Return strings with their lengths in front, 4 bytes little-endian, as in the binary extension."""
    texts = [text.encode() for row in rows for text in row]
    return b"".join(len(text).to_bytes(4, "little") + text for text in texts)
