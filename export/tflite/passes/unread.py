"""What is split off and not read is stored like what is read."""

from __future__ import annotations

from edgecnn.export.tflite.graph import Graph, kind_of

_SPLITTING = ("SPLIT", "SPLIT_V", "UNPACK")


def quantize_unread(graph: Graph) -> bool:
    """Give outputs that nothing reads, as one part of a split, the type and scale of those beside them.

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
