"""The ASGI application: it routes each path to its endpoint."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from edgecnn.serve.endpoints import Endpoints, Reply
from edgecnn.serve.guard import Application, Guard, Log
from edgecnn.serve.limits import ClientLimits
from edgecnn.serve.metrics import Metrics
from edgecnn.serve.model import Models
from edgecnn.serve.page import read_page
from edgecnn.serve.picture import PictureReader
from edgecnn.serve.request_error import RequestError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

Endpoint = Callable[["Request"], Awaitable[Reply]]

_MODEL = "/v2/models/{model}"
_VERSION = _MODEL + "/versions/{version}"


def build_application(
    models: Models, limits: ClientLimits = ClientLimits(), token: str | None = None, log: Log | None = None
) -> Application:
    """Return the server as an ASGI application.

    Args:
        models: by name; the first one answers `/classify` if the request names none.
        limits: for each request and for all together.
        token: required of requests; None lets everybody in.
        log: called after each answer with the ASGI scope, the status, and the seconds that it took.
    """
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.routing import Route

    metrics = Metrics(list(models))
    endpoints = Endpoints(models, PictureReader(limits.pixels), metrics, read_page(), token is not None)
    routes = [Route(path, _adapted(endpoint), methods=[method]) for method, path, endpoint in _table(endpoints)]
    handlers: dict[Any, Any] = {RequestError: _answer_error, HTTPException: _answer_http_error}
    return Guard(Starlette(routes=routes, exception_handlers=handlers), limits, metrics, token, log)


def _table(endpoints: Endpoints) -> tuple[tuple[str, str, Endpoint], ...]:
    return (
        ("POST", f"{_MODEL}/infer", endpoints.infer),
        ("POST", "/classify", endpoints.classify),
        ("POST", f"{_VERSION}/infer", endpoints.infer),
        ("GET", "/healthz", endpoints.healthz),
        ("GET", "/metrics", endpoints.read_metrics),
        ("GET", "/v2", endpoints.server),
        ("GET", "/v2/health/live", endpoints.live),
        ("GET", "/v2/health/ready", endpoints.ready),
        ("GET", _MODEL, endpoints.model),
        ("GET", _VERSION, endpoints.model),
        ("GET", f"{_MODEL}/ready", endpoints.model_ready),
        ("GET", f"{_VERSION}/ready", endpoints.model_ready),
        ("POST", "/v2/repository/index", endpoints.index),
        ("GET", "/openapi.json", endpoints.openapi),
        ("GET", "/", endpoints.read_page),
    )


def _adapted(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    from starlette.requests import ClientDisconnect
    from starlette.responses import Response

    async def adapted(request: Request) -> Response:
        try:
            answer = await endpoint(request)
        except ClientDisconnect:
            return Response(status_code=499)  # the client is gone; nginx's status for the metrics
        return Response(answer.body, headers=answer.headers)

    adapted.__name__ = endpoint.__name__
    return adapted


async def _answer_error(_: Request, error: RequestError) -> Response:
    from starlette.responses import Response

    return Response(error.body, error.status, error.headers, "application/json")


async def _answer_http_error(request: Request, error: Any) -> Response:
    reasons = {404: "nothing is here; /openapi.json lists the endpoints", 405: "this path does not accept this method"}
    reason = reasons.get(error.status_code, str(error.detail))
    return await _answer_error(request, RequestError(error.status_code, reason, dict(error.headers or {})))
