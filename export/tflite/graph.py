"""Reading and rewriting the operations of a TFLite flatbuffer."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgecnn.export.layers import Layers
from edgecnn.spec import Quantization

Graph = Any
"""`ModelT` of the flatbuffer schema: everything in Python lists, to be changed in place."""

STAND_INS = {
    "LEAKY_RELU": "RELU",
    "RELU6": "RELU",
    "RELU_N1_TO_1": "RELU",
    "ELU": "RELU",
    "EXP": "RELU",
    "ABS": "RELU",
    "PRELU": "MUL",
    "SQUEEZE": "RESHAPE",
    "EXPAND_DIMS": "RESHAPE",
    "TILE": "RESHAPE",
    "REDUCE_MAX": "REDUCE_MIN",
    "MINIMUM": "MAXIMUM",
    "DEPTH_TO_SPACE": "SPACE_TO_DEPTH",
    "SPACE_TO_BATCH_ND": "SLICE",
    "BATCH_TO_SPACE_ND": "SLICE",
}
"""Operations that LiteRT computes in int8 and the quantizer does not know, by one whose tensors it treats as they need.

RELU: one tensor in, one out, each with a range of its own. RESHAPE, SLICE, REDUCE_MIN, SPACE_TO_DEPTH: the output has
the input's quantization, further inputs are sizes and axes. MAXIMUM: all have the output's. MUL: a second, constant
tensor is quantized too. Source: the 8-bit quantization specification of LiteRT, and its reference kernels.
"""

SAME_RANGE = (
    "MAX_POOL_2D", "RESHAPE", "TRANSPOSE", "PAD", "PADV2", "MIRROR_PAD", "SLICE", "STRIDED_SLICE", "CONCATENATION",
    "RELU", "RELU6", "LEAKY_RELU", "SQUEEZE", "EXPAND_DIMS", "REDUCE_MAX", "SPLIT", "PACK", "UNPACK", "QUANTIZE",
    "DEQUANTIZE", "RESIZE_NEAREST_NEIGHBOR", "SPACE_TO_DEPTH", "DEPTH_TO_SPACE",
)  # fmt: skip
"""Operations that pass large values on: a range that spoils the input spoils the output."""

_FLOAT32 = 0
_SPLITTING = ("SPLIT", "SPLIT_V", "UNPACK")
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
    return builtin_kinds()[_code(graph.operatorCodes[operation.opcodeIndex])]


def loops(content: bytes) -> bool:
    """Whether a part of a flatbuffer runs a number of times, as a recurrent layer does unless it is unrolled."""
    graph = read_graph(content)
    return any(kind_of(graph, operation) == "WHILE" for operation in graph.subgraphs[0].operators)


def tensor_names(graph: Graph, places: Any) -> list[str]:
    """Return the names of tensors by their places in the graph; places that are left out (-1) have none."""
    return [graph.subgraphs[0].tensors[place].name.decode() for place in places if place >= 0]


def layer_of(graph: Graph, operation: Any, layers: Layers) -> str | None:
    """Return the Keras layer of an operation: by what it makes, else by its constants; the last may have no name."""
    tensors = graph.subgraphs[0].tensors
    constants = [place for place in operation.inputs if place >= 0 and _is_constant(graph, tensors[place])]
    found = layers.find(*tensor_names(graph, operation.outputs)) or layers.find(*tensor_names(graph, constants))
    is_last = graph.subgraphs[0].outputs[0] in operation.outputs
    return found or (layers.output if is_last else None)


def operations_to_restore(graph: Graph, wanted: Quantization, layers: Layers) -> list[str]:
    """Return the scopes, as the quantizer calls them, of the operations that restored layers ask to leave alone.

    These are the layers' own; and where a layer's output is kept, those that read it: through all that hand the large
    values on, up to and with the first that computes something new of them.
    """
    restored: list[str] = []
    kept: set[int] = set()
    for operation in graph.subgraphs[0].operators:
        layer = layer_of(graph, operation, layers)
        reads_kept = not kept.isdisjoint(operation.inputs)
        if layer in wanted.restored or reads_kept:
            restored.append("".join(f"{name};" for name in tensor_names(graph, operation.outputs)))
        if layer in wanted.kept_outputs or (reads_kept and kind_of(graph, operation) in SAME_RANGE):
            kept.update(operation.outputs)
    return restored


def as_known_operations(graph: Graph) -> dict[int, int]:
    """Rename the kinds that the quantizer does not know to their stand-ins; return the codes that they had."""
    codes, kinds = _codes(), builtin_kinds()
    original = {}
    for place, entry in enumerate(graph.operatorCodes):
        stand_in = STAND_INS.get(kinds[_code(entry)])
        if stand_in:
            original[place] = _code(entry)
            _set_code(entry, codes[stand_in])
    return original


def as_themselves(graph: Graph, original: dict[int, int]) -> None:
    """Undo `as_known_operations`; the quantizer keeps the table of kinds and adds to its end."""
    for place, code in original.items():
        _set_code(graph.operatorCodes[place], code)


def negations_as_products(graph: Graph) -> None:
    """Multiply by -1 where the graph negates, as a layer normalization does: LiteRT negates in float32 alone."""
    from ai_edge_litert import schema_py_generated as schema

    subgraph = graph.subgraphs[0]
    negations = [operation for operation in subgraph.operators if kind_of(graph, operation) == "NEG"]
    if not negations:
        return
    graph.buffers.append(schema.BufferT(data=np.frombuffer(np.float32(-1).tobytes(), np.uint8)))
    name = b"edgecnn.minus_one"
    subgraph.tensors.append(schema.TensorT(shape=[1], type=_FLOAT32, buffer=len(graph.buffers) - 1, name=name))
    entry = schema.OperatorCodeT(version=1)
    _set_code(entry, _codes()["MUL"])
    graph.operatorCodes.append(entry)
    for operation in negations:
        operation.opcodeIndex = len(graph.operatorCodes) - 1
        operation.inputs = [*operation.inputs, len(subgraph.tensors) - 1]
        operation.builtinOptionsType = schema.BuiltinOptions.MulOptions
        operation.builtinOptions = schema.MulOptionsT()


def unread_as_read(graph: Graph) -> None:
    """Give outputs that nothing reads, as one part of a split, the type and scale of those beside them.

    The quantizer leaves them float, and XNNPACK refuses a split into parts of different types.
    """
    subgraph = graph.subgraphs[0]
    read = {place for operation in subgraph.operators for place in operation.inputs} | set(subgraph.outputs)
    for operation in subgraph.operators:
        if kind_of(graph, operation) in _SPLITTING:
            parts = [subgraph.tensors[place] for place in operation.outputs if place in read]
            for place in set(operation.outputs) - read if parts else ():
                subgraph.tensors[place].type = parts[0].type
                subgraph.tensors[place].quantization = parts[0].quantization


def float_operations(graph: Graph) -> tuple[str, ...]:
    """Return the kinds of operations that compute in float, sorted.

    Those that only move values around compute nothing. One with float activations and int8 weights is not among them:
    its kernel quantizes the activations first.
    """
    found = set()
    tensors = graph.subgraphs[0].tensors
    for operation in graph.subgraphs[0].operators:
        kind = kind_of(graph, operation)
        has_float_output = any(tensors[place].type == _FLOAT32 for place in operation.outputs)
        has_integer_weights = any(
            tensors[place].type != _FLOAT32 and tensors[place].quantization is not None
            and tensors[place].quantization.scale is not None
            for place in operation.inputs if place >= 0
        )  # fmt: skip
        if kind not in _COMPUTE_NOTHING and has_float_output and not has_integer_weights:
            found.add(kind)
    return tuple(sorted(found))


def _is_constant(graph: Graph, tensor: Any) -> bool:
    data = graph.buffers[tensor.buffer].data
    return data is not None and len(data) > 0


def _code(entry: Any) -> int:
    """Return the kind's number; old files hold small ones in a field of eight bits alone."""
    return max(int(entry.builtinCode), int(entry.deprecatedBuiltinCode))


def _set_code(entry: Any, code: int) -> None:
    entry.builtinCode, entry.deprecatedBuiltinCode = code, min(code, 127)


def _codes() -> dict[str, int]:
    from ai_edge_litert.schema_py_generated import BuiltinOperator

    return {name: code for name, code in vars(BuiltinOperator).items() if isinstance(code, int)}


def builtin_kinds() -> dict[int, str]:
    """Return the name of each builtin operation by its number."""
    return {code: name for name, code in _codes().items()}
