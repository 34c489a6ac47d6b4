"""A .tflite file as a graph, with no package but Python's own: it works on any device, and on files of any origin.

Source of the numbers of fields and types: TFLite's schema.fbs, version 3.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from edgecnn.flatbuffer import Flatbuffer, FlatbufferError, TableReader
from edgecnn.inspection.graph import Graph, Node, Value
from edgecnn.inspection.result import UNKNOWN_SIZE, Affine
from edgecnn.inspection.tflite_operations import CUSTOM, operation_name

_DTYPES = (
    "float32", "float16", "int32", "uint8", "int64", "string", "bool", "int16", "complex64", "int8", "float64",
    "complex128", "uint64", "resource", "variant", "uint32", "uint16", "int4", "bfloat16", "int2", "uint4",
    "float8e4m3fn", "float8e5m2",
)  # fmt: skip
_Item = TypeVar("_Item")
_NO_TENSOR = "-1"
_REFERENCE_BYTES = 32
"""What a reference to a tensor counts against the read limit, because it is reported with shape and name."""
_MOST_AXES = 32


@dataclass(frozen=True, slots=True)
class TFLiteModel:
    """What a .tflite file holds.

    Attributes:
        codes: name and version of every operation that any subgraph uses.
        metadata: contents of the file's named extra buffers, without weights.
    """

    graph: Graph
    version: int
    description: str
    subgraphs: int
    codes: tuple[tuple[str, int], ...]
    metadata: dict[str, bytes]


def read_tflite(content: bytes) -> TFLiteModel:
    """Return what is in a TFLite flatbuffer; bytes behind it, such as a zip archive, do not matter.

    Raises:
        FlatbufferError: damaged, or not of TFLite's schema.
    """
    model = Flatbuffer(content).root()
    codes = tuple(_operation_code(table) for table in model.tables(1))
    buffers = tuple(_stored(table) for table in model.tables(4))
    subgraphs = tuple(model.tables(2))
    if not subgraphs:
        raise FlatbufferError("it has no subgraph")
    return TFLiteModel(
        _graph(subgraphs[0], codes, buffers),
        model.number(0, "I"),
        model.text(3),
        len(subgraphs),
        codes,
        dict(_metadata(model, buffers)),
    )


def _graph(subgraph: TableReader, codes: tuple[tuple[str, int], ...], buffers: tuple[tuple[int, int], ...]) -> Graph:
    values = {str(index): _value(table, buffers) for index, table in enumerate(subgraph.tables(0))}
    nodes, buffer = [], subgraph.buffer
    for table in subgraph.tables(3):
        kind, version = _item(codes, table.number(0, "I"), "operation code")
        buffer.spend(_REFERENCE_BYTES * sum(table.vector(field, 4)[1] for field in (1, 2)))
        taken, made = (_keys(table.numbers(field, "i"), values, optional=True) for field in (1, 2))
        nodes.append(Node(kind, version, values[made[0]].name if made else "", taken, made))
    inputs, outputs = (_keys(subgraph.numbers(field, "i"), values) for field in (1, 2))
    return Graph(values, tuple(nodes), inputs, outputs)


def _keys(indices: tuple[int, ...], values: dict[str, Value], *, optional: bool = False) -> tuple[str, ...]:
    """Return tensor numbers as keys; operations mark an input that is left out with -1, which becomes ""."""
    keys = tuple(str(index) for index in indices)
    for key in keys:
        if key not in values and not (optional and key == _NO_TENSOR):
            raise FlatbufferError(f"there is no tensor {key}")
    return tuple("" if key == _NO_TENSOR else key for key in keys)


def _operation_code(table: TableReader) -> tuple[str, int]:
    """Return name and version; the code was a byte before TensorFlow 2.4, and is the larger of both fields since."""
    name = operation_name(max(table.number(0, "b"), table.number(3, "i")))
    if name == CUSTOM:
        name = table.text(1) or CUSTOM
    return name, table.number(2, "i", 1)


def _stored(table: TableReader) -> tuple[int, int]:
    """Return start and size of a buffer; weights of files beyond 2 GiB lie behind the flatbuffer."""
    start, size = table.vector(0, 1)
    offset, large = table.number(1, "Q"), table.number(2, "Q")
    if not size and offset > 1 and large:
        table.buffer.check(offset, large)
        return offset, large
    return start, size


def _value(table: TableReader, buffers: tuple[tuple[int, int], ...]) -> Value:
    shape = table.numbers(7, "i") or table.numbers(0, "i")
    if len(shape) > _MOST_AXES or any(size < UNKNOWN_SIZE for size in shape):
        raise FlatbufferError(f"a tensor has the shape {shape[:8]}")
    size = _item(buffers, table.number(2, "I"), "buffer")[1]
    return Value(
        table.text(3),
        shape,
        _item(_DTYPES, table.number(1, "b"), "type of numbers"),
        _affine(table.table(4)),
        size or None,
    )


def _affine(table: TableReader | None) -> Affine | None:
    if table is None:
        return None
    scales, zero_points = table.numbers(2, "f"), table.numbers(3, "q")
    if not scales:
        return None
    one = len(scales) == 1
    return Affine(
        scales=len(scales),
        axis=None if one else table.number(6, "i"),
        symmetric=not any(zero_points),
        scale=scales[0] if one and math.isfinite(scales[0]) else None,
        zero_point=(zero_points[0] if zero_points else 0) if one else None,
    )


def _metadata(model: TableReader, buffers: tuple[tuple[int, int], ...]) -> Iterator[tuple[str, bytes]]:
    for table in model.tables(6):
        start, size = _item(buffers, table.number(1, "I"), "buffer")
        model.buffer.spend(size)
        yield table.text(0), model.buffer.content[start : start + size]


def _item(items: tuple[_Item, ...], index: int, what: str) -> _Item:
    if not 0 <= index < len(items):
        raise FlatbufferError(f"there is no {what} {index}")
    return items[index]
