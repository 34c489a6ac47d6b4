"""Protocol buffers without the package: reading untrusted ones, and writing the kinds of fields that models have.

Every length is checked. Only the requested fields become Python objects; weights are slices of the file, not copies.

Source: the protocol buffer encoding: a key is a varint, number << 3 | type; type 0 is a varint, 1 and 5 are eight and
four bytes, 2 is a varint length and so many bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

_VARINT_BYTES = 10
_FIXED_BYTES = {1: 8, 5: 4}
_VARINT, _DELIMITED = 0, 2


class ProtobufError(Exception):
    """The bytes are not a protocol buffer of the expected schema."""


def fields(content: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield number and value of each field: an integer, or the bytes of a string, a message or a fixed-size number.

    Raises:
        ProtobufError: a field extends past the end, or has a type that no current message uses.
    """
    place = 0
    while place < len(content):
        key, place = _varint(content, place)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, place = _varint(content, place)
            yield number, value
            continue
        if kind == _DELIMITED:
            size, place = _varint(content, place)
        elif kind in _FIXED_BYTES:
            size = _FIXED_BYTES[kind]
        else:
            raise ProtobufError(f"a field of type {kind}")
        if place + size > len(content):
            raise ProtobufError("a field lies outside the file")
        yield number, content[place : place + size]
        place += size


def messages(content: memoryview, number: int) -> Iterator[memoryview]:
    """Yield the bytes of each field of that number."""
    for found, value in fields(content):
        if found == number and isinstance(value, memoryview):
            yield value


def text(content: memoryview, number: int) -> str:
    """Return a field that is a string, "" where there is none; invalid UTF-8 is replaced."""
    return "".join(bytes(value).decode("utf-8", "replace") for value in [*messages(content, number)][-1:])


def integer(content: memoryview, number: int) -> int | None:
    """Return a field that is a number, as an unsigned 64-bit integer; None where there is none."""
    return next((value for found, value in fields(content) if found == number and isinstance(value, int)), None)


def field(number: int, value: bytes) -> bytes:
    """Return a length-delimited field: bytes, a string or a message."""
    return varint(number << 3 | 2) + varint(len(value)) + value


def number_field(number: int, value: int) -> bytes:
    """Return a field that is a whole number of 0 or more."""
    return varint(number << 3) + varint(value)


def varint(value: int) -> bytes:
    """Return a whole number of 0 or more as seven bits a byte, the lowest first."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _varint(content: memoryview, place: int) -> tuple[int, int]:
    value = 0
    for index, byte in enumerate(content[place : place + _VARINT_BYTES]):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value, place + index + 1
    raise ProtobufError("a number that does not end")
