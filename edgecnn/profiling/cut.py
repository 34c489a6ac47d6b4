"""A part of a TFLite model: consecutive operations of a file as a model of their own.

Nothing is written anew: the list of operations is shortened in place, and the lists of inputs and outputs replaced by
others behind the rest, because a flatbuffer's offsets point forward. So this takes no package and leaves the weights
where they are.

Source of the numbers of fields: TFLite's schema.fbs, version 3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from edgecnn.flatbuffer import Flatbuffer, TableReader
from edgecnn.inspection.graph import Graph

_SUBGRAPHS, _SIGNATURES = 2, 7
_INPUTS, _OUTPUTS, _OPERATORS = 1, 2, 3
_ALIGNMENT = 4


def cut(payload: bytes, graph: Graph, first: int, end: int) -> bytes:
    """Return the model of the operations from `first` to before `end`; without any, the one that gives back its input.

    Its inputs are the values that it reads and does not make. Its outputs are all values that later operations or the
    caller would have read, so that no operation in it is dropped as unused. Signatures, which name outputs, go.

    Args:
        payload: a TFLite flatbuffer.
        graph: `read_tflite(payload).graph`.
        first: index of an operation.
        end: not before `first`; at most the number of operations.
    """
    model = Flatbuffer(payload).root()
    subgraph = next(model.tables(_SUBGRAPHS))
    content = bytearray(payload) + b"\0" * (-len(payload) % _ALIGNMENT)
    inputs, outputs = _edges(graph, first, end)
    for field, tensors in ((_INPUTS, inputs), (_OUTPUTS, outputs)):
        place = subgraph.place(field)
        assert place is not None, "the graph was read, so it has inputs and outputs"
        struct.pack_into("<I", content, place, len(content) - place)
        content += struct.pack(f"<I{len(tensors)}i", len(tensors), *tensors)
    _keep(content, subgraph, _OPERATORS, range(first, end))
    if model.place(_SIGNATURES) is not None:
        _keep(content, model, _SIGNATURES, range(0))
    return bytes(content)


def _edges(graph: Graph, first: int, end: int) -> tuple[list[int], list[int]]:
    """Return the numbers of the tensors that go into a part and come out of it."""
    before = {*graph.inputs, *(key for node in graph.nodes[:first] for key in node.outputs)}
    after = {*graph.outputs, *(key for node in graph.nodes[end:] for key in node.inputs)}
    if first == end:
        passed = _numbers(before & after)
        return passed, passed
    inside = graph.nodes[first:end]
    read = {key for node in inside for key in node.inputs}
    made = {key for node in inside for key in node.outputs}
    return _numbers(read & before), _numbers(made & after)


def _numbers(keys: Iterable[str]) -> list[int]:
    return sorted(int(key) for key in keys if key)


def _keep(content: bytearray, table: TableReader, field: int, kept: range) -> None:
    """Shorten a vector of tables to some that follow each other: their offsets move to its front."""
    start, _ = table.vector(field, 4)
    targets = [table.buffer.offset(start + 4 * index) for index in kept]
    struct.pack_into("<I", content, start - 4, len(kept))
    for index, target in enumerate(targets):
        place = start + 4 * index
        struct.pack_into("<I", content, place, target - place)
