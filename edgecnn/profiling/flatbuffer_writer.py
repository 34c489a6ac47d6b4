"""Writing a flatbuffer without the package, which tflite-runtime does not bring.

Everything stands in front of what it refers to, as offsets demand that point forward.

Source: the FlatBuffers internals document, as for `edgecnn.flatbuffer`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_OFFSET_BYTES = 4
_VECTOR_ALIGNMENT = 16
"""Of contents, which TFLite's kernels read with vector instructions."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number of `struct` code `code`."""

    code: str
    value: float


@dataclass(frozen=True, slots=True)
class Vector:
    """Numbers as bytes, and how many they are."""

    length: int
    content: bytes


@dataclass(frozen=True, slots=True)
class NewTable:
    """Fields by their number in the schema; a tuple is a vector of tables."""

    fields: dict[int, Field]


Field = Scalar | Vector | str | NewTable | tuple[NewTable, ...]


def numbers(code: str, *values: float) -> Vector:
    """Return a vector of numbers of `struct` code `code`."""
    return Vector(len(values), struct.pack(f"<{len(values)}{code}", *values))


def write(root: NewTable, identifier: bytes) -> bytes:
    """Return the flatbuffer of a root table, with the four bytes that name its schema."""
    out = bytearray(_OFFSET_BYTES) + identifier
    _refer(out, 0, _table(out, root))
    return bytes(out)


def _table(out: bytearray, table: NewTable) -> int:
    """Append a table behind its vtable, then what it refers to; return its position."""
    widths = {
        number: struct.calcsize(one.code) if isinstance(one, Scalar) else _OFFSET_BYTES
        for number, one in table.fields.items()
    }
    entries = [0] * (max(table.fields, default=-1) + 1)
    size = _OFFSET_BYTES
    for number in sorted(widths, key=lambda number: -widths[number]):  # the widest first, so that all are aligned
        entries[number] = size
        size += widths[number]
    vtable = struct.pack(f"<{2 + len(entries)}H", 2 * (2 + len(entries)), size, *entries)
    out += b"\0" * (-(len(out) + len(vtable) + _OFFSET_BYTES) % 8) + vtable
    position = len(out)
    out += struct.pack("<i", len(vtable)) + bytes(size - _OFFSET_BYTES)
    for number, one in table.fields.items():
        place = position + entries[number]
        if isinstance(one, Scalar):
            struct.pack_into(f"<{one.code}", out, place, one.value)
        else:
            _refer(out, place, _referred(out, one))
    return position


def _referred(out: bytearray, one: Vector | str | NewTable | tuple[NewTable, ...]) -> int:
    if isinstance(one, NewTable):
        return _table(out, one)
    if isinstance(one, str):
        return _vector(out, Vector(len(one.encode()), one.encode() + b"\0"))
    if isinstance(one, Vector):
        return _vector(out, one)
    position = _vector(out, Vector(len(one), bytes(_OFFSET_BYTES * len(one))))
    for index, table in enumerate(one):
        _refer(out, position + _OFFSET_BYTES * (1 + index), _table(out, table))
    return position


def _vector(out: bytearray, vector: Vector) -> int:
    out += b"\0" * (-(len(out) + _OFFSET_BYTES) % _VECTOR_ALIGNMENT)
    position = len(out)
    out += struct.pack("<I", vector.length) + vector.content
    return position


def _refer(out: bytearray, place: int, target: int) -> None:
    struct.pack_into("<I", out, place, target - place)
