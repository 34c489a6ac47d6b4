"""The checks before every endpoint: token, queue length, body size and deadline."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from edgecnn.serve.limits import ClientLimits
from edgecnn.serve.metrics import Metrics
from edgecnn.serve.request_error import RequestError, overloaded

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Log = Callable[[Scope, int, float], None]

OPEN_PATHS = frozenset({"/", "/healthz", "/v2/health/live", "/v2/health/ready"})
"""Paths that need no token: probes have none, and the page asks for it."""


class Guard:
    """An ASGI application that wraps another.

    Requests that compute are POSTs. Each takes one of `concurrency` places before its body is read, which bounds the
    memory of all bodies together. Without a free place the answer is 503 at once.
    """

    def __init__(
        self, application: Application, limits: ClientLimits, metrics: Metrics, token: str | None, log: Log | None
    ) -> None:
        self._application = application
        self._limits = limits
        self._metrics = metrics
        self._authorization = None if token is None else b"Bearer " + token.encode()
        self._log = log
        self._taken = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":  # the server has already refused websockets
            return
        begin = time.perf_counter()
        status = 0

        async def counted_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            self._check_headers(scope)
            if scope["method"] == "POST":
                await self._compute(scope, receive, counted_send)
            else:
                await self._application(scope, receive, counted_send)
        except RequestError as error:
            if not status:
                await send_error(error, counted_send)
        finally:
            seconds = time.perf_counter() - begin
            endpoint = getattr(scope.get("endpoint"), "__name__", "none")
            self._metrics.count_request(endpoint, status)
            if scope["method"] == "POST":
                self._metrics.observe_latency(endpoint, seconds)
            if self._log is not None:
                self._log(scope, status, seconds)

    def _check_headers(self, scope: Scope) -> None:
        authorization = b""
        for name, value in scope["headers"]:
            if name == b"authorization":
                authorization = value
            elif (
                name == b"content-length" and int(value) > self._limits.request_bytes
            ):  # the HTTP parser accepts digits only
                raise self._too_large()
            elif name == b"content-encoding" and value.lower() != b"identity":
                raise RequestError(415, "compressed bodies are not supported; send it uncompressed")
        if (
            self._authorization is not None
            and scope["path"] not in OPEN_PATHS
            and not hmac.compare_digest(authorization, self._authorization)
        ):
            raise RequestError(
                401, "this server requires a token: Authorization: Bearer …", {"www-authenticate": "Bearer"}
            )

    async def _compute(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._taken >= self._limits.concurrency:
            raise overloaded(f"{self._taken} requests are in progress, as many as this server queues; try later")
        self._taken += 1
        self._metrics.in_flight.set(self._taken)
        arrived, bounded = self._bounded(receive)
        try:
            await asyncio.sleep(0)  # requests that arrived together all get a place, or 503, before any is computed
            async with asyncio.timeout(self._limits.timeout):
                await self._application(scope, bounded, send)
        except TimeoutError as error:
            if arrived():
                raise overloaded(f"no answer within {self._limits.timeout:g} s") from error
            reason = f"the body did not arrive within {self._limits.timeout:g} s"
            raise RequestError(408, reason, {"connection": "close"}) from error
        finally:
            self._taken -= 1
            self._metrics.in_flight.set(self._taken)

    def _bounded(self, receive: Receive) -> tuple[Callable[[], bool], Receive]:
        """Return whether the body is complete, and a `receive` that enforces the limit regardless of Content-Length."""
        size, is_complete = 0, False

        async def bounded() -> Message:
            nonlocal size, is_complete
            message = await receive()
            if message["type"] == "http.request":
                size += len(message.get("body", b""))
                is_complete = not message.get("more_body", False)
                if size > self._limits.request_bytes:
                    raise self._too_large()
            return message

        return lambda: is_complete, bounded

    def _too_large(self) -> RequestError:
        return RequestError(413, f"the body is larger than {self._limits.request_bytes:,} bytes")


async def send_error(error: RequestError, send: Send) -> None:
    """Send the error as the whole answer."""
    headers = {"content-type": "application/json", "content-length": str(len(error.body)), **error.headers}
    await send(
        {
            "type": "http.response.start",
            "status": error.status,
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        }
    )
    await send({"type": "http.response.body", "body": error.body})
