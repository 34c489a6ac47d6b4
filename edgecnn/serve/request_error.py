"""The error for a request that cannot be answered."""

from __future__ import annotations

import json


class RequestError(Exception):
    """A request that cannot be answered: an HTTP status and the reason.

    Attributes:
        status: 4xx, or 503 if the same request may succeed later.
        reason: one line for the client.
        headers: in addition to those of every error.
    """

    def __init__(self, status: int, reason: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers or {}

    @property
    def body(self) -> bytes:
        """The JSON object of the Open Inference Protocol's errors."""
        return json.dumps({"error": self.reason}, ensure_ascii=True).encode()


def overloaded(reason: str) -> RequestError:
    """Return the error of an overloaded server."""
    return RequestError(503, reason, {"retry-after": "1"})
