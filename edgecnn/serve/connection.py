"""Connection limits that uvicorn lacks: deadlines for headers, and for data that is no longer read."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from edgecnn.serve.limits import HEADER_BYTES, ClientLimits
from edgecnn.serve.request_error import RequestError, overloaded


class _Joined:
    """A transport that sends everything written in one turn of the event loop together.

    uvicorn writes headers and body separately: two system calls, two packets, and two wake-ups of the client.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []
        self.get_extra_info = transport.get_extra_info
        self.is_closing = transport.is_closing
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading

    def write(self, data: bytes) -> None:
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._parts and not self._transport.is_closing():
            self._transport.write(b"".join(self._parts))
        self._parts.clear()


def bounded_protocol(limits: ClientLimits) -> type[asyncio.Protocol]:  # noqa: C901  # a class of short methods
    """Return uvicorn's protocol class for HTTP/1.1 with these limits.

    A client that sends its headers byte by byte, keeps sending a refused body, or sends no request at all is
    disconnected after `limits.timeout`. Trailers have the same limits as headers. `Guard` limits the time of a body
    that is being read.
    """
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class BoundedProtocol(HttpToolsProtocol):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            self._deadline: asyncio.TimerHandle | None = None
            self._in_headers = False
            self._bytes_beside_bodies = 0

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(cast("asyncio.Transport", _Joined(transport, self.loop)))
            if len(self.connections) > limits.connections:
                self._leave(overloaded(f"{limits.connections} connections are open; try later"))
                return
            self._start_deadline()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_deadline()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self.transport.is_closing():
                return
            self._bytes_beside_bodies += len(data)
            super().data_received(data)
            if self._bytes_beside_bodies > HEADER_BYTES:
                if self._in_headers:
                    self._leave(RequestError(431, f"the headers are larger than {HEADER_BYTES:,} bytes"))
                else:  # trailers, or blank lines before a request: an answer may be on its way
                    self._stop_deadline()
                    self.transport.close()
            elif self._in_headers or self.cycle is None or self.cycle.response_complete:  # no request in progress
                if self._deadline is None:  # a trickle does not restart it
                    self._start_deadline()
            else:
                self._stop_deadline()

        def on_message_begin(self) -> None:
            self._in_headers = True
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            self._in_headers = False
            super().on_headers_complete()

        def on_body(self, body: bytes) -> None:
            self._bytes_beside_bodies = 0
            super().on_body(body)

        def on_message_complete(self) -> None:
            self._bytes_beside_bodies = 0
            super().on_message_complete()

        def send_400_response(self, msg: str) -> None:
            self._leave(RequestError(400, f"not HTTP/1.1: {msg}"))

        def _start_deadline(self) -> None:
            self._deadline = self.loop.call_later(limits.timeout, self._expire)

        def _stop_deadline(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

        def _expire(self) -> None:
            self._deadline = None
            if self._in_headers:
                self._leave(RequestError(408, f"the headers did not arrive within {limits.timeout:g} s"))
            else:
                self.transport.close()

        def _leave(self, error: RequestError) -> None:
            """Answer outside ASGI, and close the connection."""
            self._stop_deadline()
            lines = [
                f"HTTP/1.1 {error.status} ",
                "content-type: application/json",
                f"content-length: {len(error.body)}",
                "connection: close",
                *(f"{name}: {value}" for name, value in error.headers.items()),
            ]
            self.transport.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + error.body)
            self.transport.close()

    return BoundedProtocol
