"""What `edgecnn.serve.connection` needs of uvicorn, whose protocol class is no public interface."""

from __future__ import annotations

import asyncio
import inspect

from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from edgecnn.serve.connection import bounded_protocol
from edgecnn.serve.limits import ClientLimits


def test_uvicorn_still_has_all_that_is_overridden() -> None:
    """Else pyproject.toml must bound its version below that which lost it."""
    ours = bounded_protocol(ClientLimits())
    own = {name for name in vars(ours) if not name.startswith("_")}
    assert own
    assert own <= set(dir(HttpToolsProtocol))
    for name in own:
        theirs = inspect.signature(getattr(HttpToolsProtocol, name)).parameters
        assert list(inspect.signature(getattr(ours, name)).parameters) == list(theirs), name


def test_uvicorn_still_has_all_that_is_read() -> None:
    async def application(scope: object, receive: object, send: object) -> None: ...

    async def read() -> None:
        config = Config(application, ws="none", lifespan="off", log_config=None)
        config.load()
        protocol = bounded_protocol(ClientLimits())(config=config, server_state=ServerState(), app_state={})  # type: ignore[call-arg]
        assert isinstance(protocol, HttpToolsProtocol)
        assert protocol.loop is asyncio.get_running_loop()
        assert len(protocol.connections) == 0
        assert {"cycle", "transport"} <= vars(protocol).keys()

    asyncio.run(read())
    assert "self.response_complete" in inspect.getsource(RequestResponseCycle)
