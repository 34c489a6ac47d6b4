"""One function for each endpoint: a request in, an answer out."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edgecnn.serve.inference import (
    HEADER_LENGTH,
    JSON_TYPE,
    model_metadata,
    read_infer_request,
    repository_index,
    server_metadata,
    write_infer_answer,
)
from edgecnn.serve.metrics import Metrics
from edgecnn.serve.model import VERSION, Models, ServedModel
from edgecnn.serve.openapi import describe
from edgecnn.serve.page import Page
from edgecnn.serve.picture import PictureReader
from edgecnn.serve.request_error import RequestError

if TYPE_CHECKING:
    from starlette.requests import Request

_DEFAULT_TOP = 3
_MOST_FIELDS = 8
_FIELD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """The body of a response with status 200, and its headers."""

    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": JSON_TYPE})


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The state that the endpoints share."""

    models: Models
    pictures: PictureReader
    metrics: Metrics
    page: Page
    has_token: bool

    async def infer(self, request: Request) -> Reply:
        """`POST /v2/models/NAME/infer`."""
        model = self._model(request)
        body = await request.body()
        asked = read_infer_request(body, request.headers.get(HEADER_LENGTH), model.classifier.contract)
        begin = time.perf_counter()
        probabilities = await model.predict(asked.images)
        self.metrics.observe_inference(model.name, len(asked.images), time.perf_counter() - begin)
        return Reply(*write_infer_answer(asked, probabilities, model))

    async def classify(self, request: Request) -> Reply:
        """`POST /classify`: an image file as the body, or as the file of a form."""
        query = request.query_params
        model = self._named(query["model"]) if "model" in query else next(iter(self.models.values()))
        classifier = model.classifier
        top = _top(query.get("top"), len(classifier.labels))
        content = await _image_file(request)
        begin = time.perf_counter()
        pixels = await self.pictures.read(content, classifier.shape, classifier.contract.preprocessing)
        decoded = time.perf_counter()
        (scores,) = await model.predict(pixels[None])
        done = time.perf_counter()
        self.metrics.observe_inference(model.name, 1, done - decoded)
        answers = classifier.task.top(scores, classifier.labels, top)
        return _json(
            {
                "model": model.name,
                "answers": [{"label": one.label, "score": one.score} for one in answers],
                "milliseconds": {
                    "decode": round(1e3 * (decoded - begin), 3),
                    "inference": round(1e3 * (done - decoded), 3),
                },
            }
        )

    async def server(self, _: Request) -> Reply:
        """`GET /v2`."""
        return _json(server_metadata())

    async def live(self, _: Request) -> Reply:
        """`GET /v2/health/live`."""
        return _json({"live": True})

    async def ready(self, _: Request) -> Reply:
        """`GET /v2/health/ready`: models are loaded before the server listens."""
        return _json({"ready": True})

    async def model(self, request: Request) -> Reply:
        """`GET /v2/models/NAME`."""
        return _json(model_metadata(self._model(request)))

    async def model_ready(self, request: Request) -> Reply:
        """`GET /v2/models/NAME/ready`."""
        return _json({"name": self._model(request).name, "ready": True})

    async def index(self, _: Request) -> Reply:
        """`POST /v2/repository/index`."""
        return _json(repository_index(self.models))

    async def healthz(self, _: Request) -> Reply:
        """`GET /healthz`."""
        return _json({"status": "ok", "models": len(self.models)})

    async def read_metrics(self, _: Request) -> Reply:
        """`GET /metrics`."""
        from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

        return Reply(self.metrics.text(), {"content-type": CONTENT_TYPE_PLAIN_0_0_4})

    async def openapi(self, _: Request) -> Reply:
        """`GET /openapi.json`."""
        return _json(describe(self.models, has_token=self.has_token))

    async def read_page(self, _: Request) -> Reply:
        """`GET /`."""
        return Reply(self.page.content, self.page.headers)

    def _model(self, request: Request) -> ServedModel:
        version = request.path_params.get("version", VERSION)
        if version != VERSION:
            raise RequestError(404, f"models have one version, {VERSION!r}")
        return self._named(request.path_params["model"])

    def _named(self, name: str) -> ServedModel:
        model = self.models.get(name)
        if model is None:
            raise RequestError(404, f"no model of that name; the models are: {', '.join(self.models)}")
        return model


async def _image_file(request: Request) -> bytes:
    """Return the file in a request. A body declared as a form may be a bare file: curl calls any body a form."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return await request.body()
    from starlette.exceptions import HTTPException
    from starlette.requests import ClientDisconnect

    try:
        async with request.form(max_files=1, max_fields=_MOST_FIELDS, max_part_size=_FIELD_BYTES) as form:
            for value in form.values():
                if not isinstance(value, str):
                    return await value.read()
    except HTTPException as error:
        raise RequestError(400, f"the form cannot be read: {error.detail}") from error
    except (RequestError, ClientDisconnect):
        raise
    except Exception as error:  # the parser's own errors, and any that broken part headers make it raise
        raise RequestError(400, "the form cannot be read") from error
    raise RequestError(400, "the form has no file")


def _top(text: str | None, labels: int) -> int:
    if text is None:
        return min(_DEFAULT_TOP, labels)
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) > 0):
        raise RequestError(400, "top must be a number of labels, 1 or more")
    return min(int(text), labels)


def _json(value: Any) -> Reply:
    import orjson

    return Reply(orjson.dumps(value))
