"""Messages between a process and its child: frozen dataclasses, one line of JSON each.

| direction | line |
|---|---|
| parent to child | `{"request": name of the class, "fields": {…}}` |
| child to parent, any number | `{"progress": {…}}` |
| child to parent, last | `{"answer": …}` or `{"error": {…}}` |
"""

from __future__ import annotations

import json
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from edgecnn.schema import SchemaError, decode, encode

Answer = TypeVar("Answer")


class Request(Generic[Answer]):
    """Base of the requests that are answered with an `Answer`: any type that `edgecnn.schema` decodes.

    A request is a frozen dataclass: `class Count(Request[int])`.
    """

    __slots__ = ()


Handlers = Mapping[type[Request[Any]], Callable[[Any], Any]]
"""What answers each type of request in the child."""


@dataclass(frozen=True, slots=True)
class ProgressMessage:
    """One call of `edgecnn.progress.Progress` in the child."""

    what: str
    done: float
    total: float | None
    detail: str


@dataclass(frozen=True, slots=True)
class ErrorMessage:
    """An exception in the child: the name of its class, and its message."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class AnswerMessage:
    """The answer as JSON values; only the parent knows its type."""

    value: Any


Message = ProgressMessage | ErrorMessage | AnswerMessage


def request_line(request: Request[Any]) -> bytes:
    """Return a request as a line."""
    return _line({"request": type(request).__name__, "fields": encode(request)})


def read_request(line: bytes, kinds: Mapping[str, type[Request[Any]]]) -> Request[Any]:
    """Return the request in a line that a parent wrote; `kinds` are the known ones by name."""
    message = json.loads(line)
    request: Request[Any] = decode(kinds[message["request"]], message["fields"])
    return request


def message_line(message: Message) -> bytes:
    """Return what a child says as a line."""
    if isinstance(message, AnswerMessage):
        return _line({"answer": encode(message.value)})
    return _line({"progress" if isinstance(message, ProgressMessage) else "error": encode(message)})


def read_message(line: bytes) -> Message:
    """Return what a child said.

    Raises:
        SchemaError: it is no message.
    """
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SchemaError("not JSON") from error
    if not isinstance(message, dict) or len(message) != 1:
        raise SchemaError("not a message")
    ((key, value),) = message.items()
    if key == "answer":
        return AnswerMessage(value)
    if key not in ("progress", "error"):
        raise SchemaError("not a message")
    said: Message = decode(ProgressMessage if key == "progress" else ErrorMessage, value)
    return said


def decode_answer(request: Request[Answer], value: Any) -> Answer:
    """Return an answer as the type that its request asks for.

    Raises:
        SchemaError: it is of another type.
    """
    bases = typing.cast("tuple[Any, ...]", getattr(type(request), "__orig_bases__", ()))
    ((kind,),) = (typing.get_args(base) for base in bases if typing.get_origin(base) is Request)
    answer: Answer = decode(kind, value)
    return answer


def _line(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
