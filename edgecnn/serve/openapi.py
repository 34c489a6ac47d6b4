"""The OpenAPI description of the server, for clients, documentation and fuzzers."""

from __future__ import annotations

import math
from typing import Any

from edgecnn._version import __version__
from edgecnn.serve.inference import BINARY_TYPE, HEADER_LENGTH, JSON_TYPE
from edgecnn.serve.model import VERSION, Models

Json = dict[str, Any]

_STRING: Json = {"type": "string"}
_COUNT: Json = {"type": "integer", "minimum": 0}
_LONGEST_EXAMPLE = 4096
_FORM_TYPE = "multipart/form-data"

_REASONS = {
    "400": "The request is malformed; the reason says how.",
    "401": "The token is missing or wrong.",
    "404": "There is no such model.",
    "408": "The body did not arrive in time.",
    "413": "The body or the picture is too large.",
    "415": "The body is compressed.",
    "503": "The server is overloaded; try again after Retry-After seconds.",
}


def describe(models: Models, *, has_token: bool) -> Json:
    """Return the OpenAPI 3.1 description of a server with these models."""
    description: Json = {
        "openapi": "3.1.0",
        "info": {
            "title": "edgecnn serve",
            "version": __version__,
            "description": "Image classification on the Open Inference Protocol v2, and for image files.",
        },
        "paths": {
            "/classify": {"post": _classify(models)},
            "/v2": {"get": _get("Server metadata", _object(name=_STRING, version=_STRING, extensions=_list(_STRING)))},
            "/v2/health/live": {"get": _get("Whether the server runs", _object(live={"type": "boolean"}))},
            "/v2/health/ready": {"get": _get("Whether all models are loaded", _object(ready={"type": "boolean"}))},
            "/v2/repository/index": {"post": _index()},
            **_model_paths(models, "/v2/models/{model}", []),
            **_model_paths(models, "/v2/models/{model}/versions/{version}", [_in_path("version", [VERSION])]),
            "/healthz": {"get": _get("Health", _object(status=_STRING, models=_COUNT))},
            "/metrics": {"get": _get("Prometheus metrics", _STRING, "text/plain")},
        },
        "components": {
            "schemas": {"Error": _object(error=_STRING)},
            "responses": {status: _error(reason) for status, reason in _REASONS.items()},
        },
    }
    if has_token:
        description["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        description["security"] = [{"token": []}]
        for path in ("/healthz", "/v2/health/live", "/v2/health/ready"):
            description["paths"][path]["get"]["security"] = []
    return description


def _classify(models: Models) -> Json:
    picture: Json = {"type": "string", "format": "binary"}
    labels = max(len(model.classifier.labels) for model in models.values())
    answer = _object(
        model=_STRING,
        answers=_list(_object(label=_STRING, score={"type": "number", "minimum": 0, "maximum": 1.001})),
        milliseconds=_object(decode={"type": "number"}, inference={"type": "number"}),
    )
    return {
        "summary": "Classify an image file",
        "parameters": [
            {"name": "model", "in": "query", "schema": {"type": "string", "enum": list(models)}},
            {
                "name": "top",
                "in": "query",
                "description": "How many labels.",
                "schema": {"type": "integer", "minimum": 1, "maximum": labels},
            },
        ],
        "requestBody": {
            "required": True,
            "content": {
                _FORM_TYPE: {"schema": _object(image=picture)},
                **{kind: {"schema": picture} for kind in ("image/png", "image/jpeg", BINARY_TYPE)},
            },
        },
        "responses": _responses(answer, "400", "401", "404", "408", "413", "415", "503"),
    }


def _index() -> Json:
    row = _object(name=_STRING, version=_STRING, state=_STRING, reason=_STRING)
    return {"summary": "The models", "responses": _responses(_list(row), "401", "408", "413", "415", "503")}


def _model_paths(models: Models, prefix: str, more: list[Json]) -> Json:
    parameters = [_in_path("model", list(models)), *more]
    tensor = _object(name=_STRING, datatype=_STRING, shape=_list({"type": "integer"}))
    metadata = _object(
        name=_STRING, versions=_list(_STRING), platform=_STRING, inputs=_list(tensor), outputs=_list(tensor)
    )
    ready = _object(name=_STRING, ready={"type": "boolean"})
    described = _get("Model metadata", metadata) | {"parameters": parameters}
    described_ready = _get("Whether the model is loaded", ready) | {"parameters": parameters}
    for one in (described, described_ready):
        one["responses"]["404"] = {"$ref": "#/components/responses/404"}
    return {
        prefix: {"get": described},
        f"{prefix}/ready": {"get": described_ready},
        f"{prefix}/infer": {"post": _infer(models, parameters)},
    }


def _infer(models: Models, parameters: list[Json]) -> Json:
    output = _object(name=_STRING, datatype=_STRING, shape=_list(_COUNT))
    answer = _object(model_name=_STRING, model_version=_STRING, outputs=_list(output))
    contracts = [model.classifier.contract for model in models.values()]
    names = sorted({contract.input.name for contract in contracts})
    shapes = sorted({model.classifier.shape for model in models.values()})
    shape: Json = {
        "type": "array",
        "prefixItems": [{"type": "integer", "minimum": 1}, *({"enum": sorted(set(axis))} for axis in zip(*shapes))],  # noqa: B905  # all have three axes
        "minItems": 4,
        "maxItems": 4,
    }
    tensor = {
        **_object(name={"enum": names}, datatype={"enum": ["UINT8"]}, shape=shape),
        "description": f"Raw pixels, NHWC, of shape [N, H, W, C] with H, W, C one of {[list(one) for one in shapes]}.",
    }
    tensor["properties"] |= {
        "data": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 255}},
        "parameters": _flags(binary_data_size=_COUNT),
    }
    asked_output = _object(name={"enum": sorted({contract.output.name for contract in contracts})})
    asked_output["properties"]["parameters"] = _flags(binary_data={"type": "boolean"}, classification=_COUNT)
    request = _object(inputs={**_list(tensor), "minItems": 1, "maxItems": 1})
    request["properties"] |= {
        "id": _STRING,
        "parameters": _flags(binary_data_output={"type": "boolean"}),
        "outputs": {**_list(asked_output), "maxItems": 1},
    }
    length = {"name": HEADER_LENGTH, "in": "header", "description": "Bytes of JSON before binary tensors."}
    responses = _responses(answer, "400", "401", "404", "408", "413", "415", "503")
    responses["200"]["content"][BINARY_TYPE] = {"schema": {"type": "string", "format": "binary"}}
    return {
        "summary": "Probabilities for raw pixels",
        "parameters": [*parameters, {**length, "schema": _COUNT}],
        "requestBody": {
            "required": True,
            "content": {
                JSON_TYPE: {"schema": request, **_example(models)},
                BINARY_TYPE: {"schema": {"type": "string", "format": "binary"}},
            },
        },
        "responses": responses,
    }


def _example(models: Models) -> Json:
    """Return a request with a black image, unless that is too long to read."""
    contract = next(iter(models.values())).classifier.contract
    values = math.prod(contract.image_shape)
    if values > _LONGEST_EXAMPLE:
        return {}
    shape = [1, *contract.image_shape]
    tensor = {"name": contract.input.name, "datatype": "UINT8", "shape": shape, "data": [0] * values}
    return {"example": {"inputs": [tensor]}}


def _get(summary: str, schema: Json, kind: str = JSON_TYPE) -> Json:
    return {"summary": summary, "responses": _responses(schema, "401", "413", "415", kind=kind)}


def _responses(schema: Json, *errors: str, kind: str = JSON_TYPE) -> Json:
    found: Json = {"200": {"description": "The answer.", "content": {kind: {"schema": schema}}}}
    return found | {status: {"$ref": f"#/components/responses/{status}"} for status in errors}


def _error(reason: str) -> Json:
    return {"description": reason, "content": {JSON_TYPE: {"schema": {"$ref": "#/components/schemas/Error"}}}}


def _in_path(name: str, values: list[str]) -> Json:
    schema: Json = {"type": "string", "enum": values}
    return {"name": name, "in": "path", "required": True, "schema": schema, "example": values[0]}


def _object(**properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _flags(**properties: Json) -> Json:
    return {"type": "object", "properties": properties}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}
