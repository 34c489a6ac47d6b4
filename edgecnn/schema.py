"""JSON to frozen dataclasses and back, checked field by field, because the JSON comes from strangers."""

from __future__ import annotations

import dataclasses
import enum
import functools
import json
import types
import typing
from collections.abc import Iterator
from typing import Any, TypeVar

_T = TypeVar("_T")

_EXACT_IN_FLOAT = 2**53


class SchemaError(Exception):
    """A value does not fit; the message names the field and what it should be."""


def encode(value: Any) -> Any:
    """Return a dataclass as the dicts, lists and plain values that `json` writes.

    A field is written under its name, or under the `key` in its metadata, which keeps files readable after a renaming.
    Dataclasses under the same key share one object there, which keeps files readable after a dataclass was split.
    A field whose metadata sets `omit_default` is left out where it has its default.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        encoded: dict[str, Any] = {}
        for field in _written(value):
            key, item = key_of(field), encode(getattr(value, field.name))
            encoded[key] = encoded[key] | item if key in encoded else item
        return encoded
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    return value


def key_of(field: dataclasses.Field[Any]) -> str:
    """Return what a field is called in JSON."""
    key: str = field.metadata.get("key", field.name)
    return key


def _written(value: Any) -> Iterator[dataclasses.Field[Any]]:
    for field in dataclasses.fields(value):
        if not (field.metadata.get("omit_default") and getattr(value, field.name) == field.default):
            yield field


def decode_json(kind: type[_T], text: str | bytes, *, newest: int) -> _T:
    """Return the `kind` that a JSON text holds.

    Args:
        kind: a dataclass with a field `schema_version`.
        text: JSON of any origin.
        newest: the highest schema version that this edgecnn can read.

    Raises:
        SchemaError: not a JSON object, too new, or a field that is missing or of another type.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"not JSON ({error})") from error
    version = value.get("schema_version") if isinstance(value, dict) else None
    if not isinstance(version, int):
        raise SchemaError("no schema_version")
    if version > newest:
        raise SchemaError(f"schema version {version} is newer than {newest}; update edgecnn")
    decoded: _T = decode(kind, value)
    return decoded


def decode(kind: Any, value: Any, where: str = "") -> Any:  # noqa: PLR0911  # one return a kind
    """Return `value`, made of plain JSON types, as `kind`.

    Args:
        kind: a dataclass, an enum, `tuple[X, ...]`, `dict[str, X]`, `X | None`, or a plain type.
        value: what `json` read.
        where: the path of the field, for the message.

    Raises:
        SchemaError: a field is missing or of another type. Unknown fields are ignored.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        if value is None and type(None) in arguments:
            return None
        (kind,) = (argument for argument in arguments if argument is not type(None))
        return decode(kind, value, where)
    if origin is tuple and isinstance(value, list):
        return tuple(decode(arguments[0], item, f"{where}[{index}]") for index, item in enumerate(value))
    if origin is dict and isinstance(value, dict):
        return {key: decode(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(kind, type) and issubclass(kind, enum.Enum) and isinstance(value, str):
        return _decode_enum(kind, value, where)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type) and isinstance(value, dict):
        return _decode_dataclass(kind, value, where)
    if kind is float and type(value) is int and abs(value) < _EXACT_IN_FLOAT:
        return float(value)
    if isinstance(kind, type) and type(value) is kind:
        return value
    raise SchemaError(f"{where or 'the top level'} is {type(value).__name__}, not {_name(kind)}")


def _decode_enum(kind: type[enum.Enum], value: str, where: str) -> enum.Enum:
    try:
        return kind(value)
    except ValueError as error:
        known = ", ".join(str(member.value) for member in kind)
        raise SchemaError(f"{where} is {value!r}, not one of {known}") from error


def _decode_dataclass(kind: type, value: dict[str, Any], where: str) -> Any:
    types_by_name = _types(kind)
    fields = {}
    for field in dataclasses.fields(kind):
        key = key_of(field)
        path = f"{where}.{key}".lstrip(".")
        if key in value:
            fields[field.name] = decode(types_by_name[field.name], value[key], path)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise SchemaError(f"{path} is missing")
    return kind(**fields)


@functools.cache
def _types(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _name(kind: Any) -> str:
    return getattr(kind, "__name__", str(kind))
