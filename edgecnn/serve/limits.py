"""How much one client may ask of the server."""

from __future__ import annotations

from dataclasses import dataclass

HEADER_BYTES = 64 * 1024
"""Longer request lines and headers are refused."""


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """What bounds the memory and the time that requests take.

    Attributes:
        request_bytes: of one request's body.
        pixels: of one picture, before it is decoded.
        concurrency: requests that are worked on or wait; the next one is told to come back.
        timeout: seconds from the first byte of a request to its answer, and for the headers alone.
        connections: open at the same time.
    """

    request_bytes: int = 16 * 1024 * 1024
    pixels: int = 25_000_000
    concurrency: int = 64
    timeout: float = 30.0
    connections: int = 1024
