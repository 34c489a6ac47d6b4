"""Listening: from the settings of the command line to a running server."""

from __future__ import annotations

import gc
import importlib.util
import ipaddress
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edgecnn.errors import ServeError
from edgecnn.serve.guard import Log, Scope
from edgecnn.serve.limits import ClientLimits
from edgecnn.serve.model import Models

_NEEDED = ("starlette", "uvicorn", "httptools", "orjson", "prometheus_client", "python_multipart")
_BACKLOG = 512


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens; port 0 means any free port."""

    host: str = "127.0.0.1"
    port: int = 8000


def check_installed() -> None:
    """Raise `ServeError` if a package of the extra `serve` is missing; nothing is imported."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ServeError(f"serving needs {', '.join(missing)}; pip install 'edgecnn[serve]'")


def serve(
    models: Models,
    address: Address,
    limits: ClientLimits,
    *,
    token: str | None = None,
    log: Log | None = None,
    started: Callable[[str], None] = lambda _: None,
) -> None:
    """Answer requests until SIGTERM or SIGINT, finish those in progress, and raise the signal again.

    Args:
        models: to serve.
        address: to listen on.
        limits: on requests and connections.
        token: required of requests.
        log: called after each answer.
        started: called with the URL as soon as connections are accepted.

    Raises:
        ServeError: the address cannot be listened on.
    """
    import uvicorn

    from edgecnn.serve.app import build_application
    from edgecnn.serve.connection import bounded_protocol

    config = uvicorn.Config(
        build_application(models, limits, token, log),
        http=bounded_protocol(limits),
        ws="none",
        lifespan="off",
        log_config=None,  # which would close the handlers of every other package in this process
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=max(1, int(limits.timeout)),
    )
    with _listen(address) as listener:
        gc.collect()
        gc.freeze()  # the garbage collector need not scan objects that live as long as the server
        url = _url(listener)

        class Announced(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                started(url)  # not earlier: until now a signal would end the process, not the server

        Announced(config).run(sockets=[listener])


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host of that name."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def describe_request(scope: Scope, status: int, seconds: float) -> dict[str, Any]:
    """Return one answered request as values for JSON."""
    client = scope.get("client")
    return {
        "time": time.time(),
        "client": client[0] if client else None,
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "milliseconds": round(1e3 * seconds, 3),
    }


def _listen(address: Address) -> socket.socket:
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise ServeError(
            f"no such address: {address.host} ({error}); --host takes an address of this machine"
        ) from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise ServeError(
            f"cannot listen on {address.host} port {address.port}: {error.strerror}; choose another with --port"
        ) from error
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
