"""Reading a flatbuffer that may be damaged or hostile: every offset is checked before it is followed.

Generated readers trust the file: Python's slices run past the end silently, and negative positions count from the
end. This reader never reads outside the file, and names and vectors are read only up to a limit, so that a small file
in which a million entries share one long name takes no memory. Offsets point forward and a schema is only so deep, so
reading always ends.

Source: the FlatBuffers internals document: a table starts with a signed offset back to its vtable; the vtable holds its
own size, the table's size, and for each field its offset in the table, 0 where the field has its default.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

READ_LIMIT_BYTES = 16 * 2**20
"""Of names and vectors, which a graph of ten thousand operations needs a fifth of; contents of buffers do not count."""


class FlatbufferError(Exception):
    """The bytes are not a flatbuffer of the expected schema."""


@dataclass(slots=True)
class Flatbuffer:
    """Bytes, and how many of them may still become Python objects."""

    content: bytes
    left: int = READ_LIMIT_BYTES

    def root(self) -> TableReader:
        """Return the root table."""
        return TableReader(self, self.offset(0))

    def unpack(self, code: str, place: int) -> Any:
        """Return the little-endian number of `struct` code `code` at `place`.

        Raises:
            FlatbufferError: it lies outside the bytes.
        """
        self.check(place, struct.calcsize(code))
        return struct.unpack_from(f"<{code}", self.content, place)[0]

    def offset(self, place: int) -> int:
        """Return the position that the offset at `place` points to."""
        return place + int(self.unpack("I", place))

    def check(self, place: int, size: int) -> None:
        """Raise `FlatbufferError` unless `size` bytes at `place` are within the bytes."""
        if place < 0 or place + size > len(self.content):
            raise FlatbufferError(f"something at byte {place} lies outside the file")

    def spend(self, size: int) -> None:
        """Count `size` bytes against the limit."""
        self.left -= size
        if self.left < 0:
            raise FlatbufferError(f"its names and vectors take more than {READ_LIMIT_BYTES} bytes")


@dataclass(frozen=True, slots=True)
class TableReader:
    """One table; fields are named by their number in the schema, counted from 0."""

    buffer: Flatbuffer
    position: int
    _vtable: tuple[int, int] = field(init=False, default=(0, 0))

    def __post_init__(self) -> None:
        """Find the vtable."""
        start = self.position - self.buffer.unpack("i", self.position)
        size = self.buffer.unpack("H", start)
        self.buffer.check(start, size)
        object.__setattr__(self, "_vtable", (start, size))

    @property
    def fields(self) -> int:
        """How many fields the vtable has room for."""
        return (self._vtable[1] - 4) // 2

    def place(self, number: int) -> int | None:
        """Return where the value of a field is; None where it has its default."""
        start, size = self._vtable
        entry = 4 + 2 * number
        offset = self.buffer.unpack("H", start + entry) if entry + 2 <= size else 0
        return self.position + offset if offset else None

    def number(self, number: int, code: str, default: float = 0) -> Any:
        """Return a field that is a number of `struct` code `code`."""
        place = self.place(number)
        return default if place is None else self.buffer.unpack(code, place)

    def table(self, number: int) -> TableReader | None:
        """Return a field that is a table; None where there is none."""
        place = self.place(number)
        return None if place is None else TableReader(self.buffer, self.buffer.offset(place))

    def vector(self, number: int, item_bytes: int) -> tuple[int, int]:
        """Return the start and length of a vector, checked to be within the file; (0, 0) where it is absent."""
        place = self.place(number)
        if place is None:
            return 0, 0
        start = self.buffer.offset(place)
        length = self.buffer.unpack("I", start)
        self.buffer.check(start + 4, length * item_bytes)
        return start + 4, length

    def numbers(self, number: int, code: str) -> tuple[Any, ...]:
        """Return a vector of numbers of `struct` code `code`."""
        start, length = self.vector(number, struct.calcsize(code))
        self.buffer.spend(length * struct.calcsize(code))
        return struct.unpack_from(f"<{length}{code}", self.buffer.content, start)

    def tables(self, number: int) -> Iterator[TableReader]:
        """Yield the tables of a vector."""
        start, length = self.vector(number, 4)
        self.buffer.spend(4 * length)
        for place in range(start, start + 4 * length, 4):
            yield TableReader(self.buffer, self.buffer.offset(place))

    def text(self, number: int) -> str:
        """Return a string; invalid UTF-8 becomes replacement characters."""
        start, length = self.vector(number, 1)
        self.buffer.spend(length)
        return self.buffer.content[start : start + length].decode("utf-8", "replace")
