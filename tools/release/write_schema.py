"""Write docs/result.schema.json, the JSON Schema of `result.json`, from the dataclasses it is decoded into.

Usage: python -m tools.release.write_schema
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
import json
import re
import types
import typing
from pathlib import Path
from typing import Any

from edgecnn.bench.result import SCHEMA_VERSION, Result
from edgecnn.schema import key_of

PATH = Path(__file__).parents[2] / "docs" / "result.schema.json"
_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean"}


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a result.

    It allows what `edgecnn.schema.decode` accepts: unknown fields are ignored, and fields with a default may be absent.
    """
    definitions: dict[str, Any] = {}
    reference = _of(Result, definitions)
    definitions["Result"]["properties"]["schema_version"] = {"const": SCHEMA_VERSION}
    definitions["Result"]["required"].append("schema_version")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:edgecnn:result:{SCHEMA_VERSION}",
        "title": "result.json of edgecnn bench",
        **reference,
        "$defs": dict(sorted(definitions.items())),
    }


def text() -> str:
    """Return the content of the file."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _of(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:  # noqa: PLR0911  # one return a kind
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [_of(one, definitions) for one in arguments]}
    if kind is type(None):
        return {"type": "null"}
    if origin is tuple:
        return {"type": "array", "items": _of(arguments[0], definitions)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _of(arguments[1], definitions)}
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return {"enum": [member.value for member in kind]}
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        if kind.__name__ not in definitions:
            definitions[kind.__name__] = {}  # before its fields, which may lead back to it
            definitions[kind.__name__] = _dataclass(kind, definitions)
        return {"$ref": f"#/$defs/{kind.__name__}"}
    return {"type": _PLAIN[kind]}


def _dataclass(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    hints, told = typing.get_type_hints(kind), _attributes(kind)
    fields = dataclasses.fields(kind)
    missing = dataclasses.MISSING
    properties: dict[str, Any] = {}
    for field in fields:
        found = _of(hints[field.name], definitions)
        found |= {"description": told[field.name]} if field.name in told else {}
        key = key_of(field)
        properties[key] = {"allOf": [properties[key], found]} if key in properties else found
    return {
        "type": "object",
        "description": (inspect.getdoc(kind) or "").partition("\n")[0],
        "properties": properties,
        "required": [
            key_of(field) for field in fields if field.default is missing and field.default_factory is missing
        ],
    }


def _attributes(kind: Any) -> dict[str, str]:
    """Return the description of each attribute in a docstring."""
    section = (inspect.getdoc(kind) or "").partition("Attributes:\n")[2]
    found: dict[str, str] = {}
    for entry in re.split(r"\n(?= {4}\S)", section.partition("\n\n")[0]):
        names, _, what = entry.strip().partition(":")
        found |= {name.strip(): " ".join(what.split()) for name in names.split(",")}
    return found


if __name__ == "__main__":
    PATH.write_text(text())
