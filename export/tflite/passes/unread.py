"""Store unread parts of a split like the parts that are read."""

from __future__ import annotations

from edgecnn.export.tflite.graph import Graph, kind_of

_SPLITTING = ("SPLIT", "SPLIT_V", "UNPACK")


def quantize_unread(graph: Graph) -> bool:
    """Give unread outputs, such as one part of a split, the type and scale of the outputs beside them.

    The quantizer leaves them float, and XNNPACK refuses a split into parts of different types.
    """
    subgraph = graph.subgraphs[0]
    read = {place for operation in subgraph.operators for place in operation.inputs} | set(subgraph.outputs)
    changed = False
    for operation in subgraph.operators:
        if kind_of(graph, operation) in _SPLITTING:
            parts = [subgraph.tensors[place] for place in operation.outputs if place in read]
            for place in set(operation.outputs) - read if parts else ():
                tensor, beside = subgraph.tensors[place], parts[0]
                changed |= (tensor.type, tensor.quantization) != (beside.type, beside.quantization)
                tensor.type, tensor.quantization = beside.type, beside.quantization
    return changed
