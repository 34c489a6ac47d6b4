"""Read and rewrite the operations of a TFLite flatbuffer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from edgecnn.export.restored import LayerOperation
from edgecnn.inspection.operation_table import row_of
from edgecnn.models.layers import Layers

Graph = Any
"""`ModelT` of the flatbuffer schema: everything in Python lists, which can be changed in place."""

FLOAT32 = 0
"""One of the schema's tensor types."""

_COMPUTE_NOTHING = ("QUANTIZE", "DEQUANTIZE", "RESHAPE", "TRANSPOSE", "SQUEEZE", "EXPAND_DIMS")


def read_graph(content: bytes) -> Graph:
    """Return the graph in a flatbuffer."""
    from ai_edge_litert.tools import flatbuffer_utils

    return flatbuffer_utils.read_model_from_bytearray(bytearray(content))


def write_graph(graph: Graph) -> bytes:
    """Return the flatbuffer of a graph."""
    from ai_edge_litert.tools import flatbuffer_utils

    for buffer in graph.buffers:
        if buffer.data is not None:  # anything but an array is written byte by byte
            buffer.data = np.frombuffer(bytes(buffer.data), np.uint8)
    return bytes(flatbuffer_utils.convert_object_to_bytearray(graph))


def kind_of(graph: Graph, operation: Any) -> str:
    """Return the schema's name of an operation's kind, such as "CONV_2D"."""
    return builtin_kinds()[code_of(graph.operatorCodes[operation.opcodeIndex])]


def loops(content: bytes) -> bool:
    """Whether a flatbuffer contains a loop, as a recurrent layer does unless it is unrolled."""
    graph = read_graph(content)
    return any(kind_of(graph, operation) == "WHILE" for operation in graph.subgraphs[0].operators)


def tensor_names(graph: Graph, places: Any) -> list[str]:
    """Return the names of tensors by their indices in the graph; omitted ones (-1) have none."""
    return [graph.subgraphs[0].tensors[place].name.decode() for place in places if place >= 0]


def layer_of(graph: Graph, operation: Any, layers: Layers) -> str | None:
    """Return the Keras layer of an operation, by its outputs or else its constants; the last may have no name."""
    tensors = graph.subgraphs[0].tensors
    constants = [place for place in operation.inputs if place >= 0 and _is_constant(graph, tensors[place])]
    layer = layers.find(*tensor_names(graph, operation.outputs)) or layers.find(*tensor_names(graph, constants))
    is_last = graph.subgraphs[0].outputs[0] in operation.outputs
    return layer or (layers.output if is_last else None)


def layer_operations(graph: Graph, layers: Layers) -> Iterator[LayerOperation]:
    """Yield the operations of a float graph; the quantizer identifies each by the names of its outputs."""
    for operation in graph.subgraphs[0].operators:
        yield LayerOperation(
            "".join(f"{name};" for name in tensor_names(graph, operation.outputs)),
            layer_of(graph, operation, layers),
            frozenset(operation.inputs),
            frozenset(operation.outputs),
            row_of(kind_of(graph, operation)).keeps_range,
        )


def float_operations(graph: Graph) -> tuple[str, ...]:
    """Return the kinds of operations that compute in float, sorted.

    Operations that only rearrange values compute nothing. One with float activations and int8 weights does not count:
    its kernel quantizes the activations first.
    """
    kinds = set()
    tensors = graph.subgraphs[0].tensors
    for operation in graph.subgraphs[0].operators:
        kind = kind_of(graph, operation)
        has_float_output = any(tensors[place].type == FLOAT32 for place in operation.outputs)
        has_integer_weights = any(
            tensors[place].type != FLOAT32 and tensors[place].quantization is not None
            and tensors[place].quantization.scale is not None
            for place in operation.inputs if place >= 0
        )  # fmt: skip
        if kind not in _COMPUTE_NOTHING and has_float_output and not has_integer_weights:
            kinds.add(kind)
    return tuple(sorted(kinds))


def _is_constant(graph: Graph, tensor: Any) -> bool:
    data = graph.buffers[tensor.buffer].data
    return data is not None and len(data) > 0


def code_of(entry: Any) -> int:
    """Return the number of a kind of operation; old files store small ones only in an 8-bit field."""
    return max(int(entry.builtinCode), int(entry.deprecatedBuiltinCode))


def set_code(entry: Any, code: int) -> None:
    """Change the kind of an entry in the table of kinds."""
    entry.builtinCode, entry.deprecatedBuiltinCode = code, min(code, 127)


def builtin_codes() -> dict[str, int]:
    """Return the number of each builtin operation by its name."""
    from ai_edge_litert.schema_py_generated import BuiltinOperator

    return {name: code for name, code in vars(BuiltinOperator).items() if isinstance(code, int)}


def builtin_kinds() -> dict[int, str]:
    """Return the name of each builtin operation by its number."""
    return {code: name for name, code in builtin_codes().items()}
