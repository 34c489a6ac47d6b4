"""Limits on what clients may ask of the server."""

from __future__ import annotations

from dataclasses import dataclass

HEADER_BYTES = 64 * 1024
"""Longer request lines and headers are refused."""


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """Limits on the memory and time of requests.

    Attributes:
        request_bytes: of one request's body.
        pixels: of one picture, before it is decoded.
        concurrency: requests in progress or waiting; further ones are told to try later.
        timeout: seconds from the first byte of a request to its answer, and for the headers alone.
        connections: open at the same time.
    """

    request_bytes: int = 16 * 1024 * 1024
    pixels: int = 25_000_000
    concurrency: int = 64
    timeout: float = 30.0
    connections: int = 1024
