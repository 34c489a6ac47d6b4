"""Turn negations into products, for which LiteRT has integer kernels."""

from __future__ import annotations

import numpy as np

from edgecnn.export.tflite.graph import FLOAT32, Graph, builtin_codes, kind_of, set_code


def multiply_negations(graph: Graph) -> bool:
    """Multiply by -1 where the graph negates, as in layer normalization: LiteRT negates only in float32."""
    from ai_edge_litert import schema_py_generated as schema

    subgraph = graph.subgraphs[0]
    negations = [operation for operation in subgraph.operators if kind_of(graph, operation) == "NEG"]
    if not negations:
        return False
    graph.buffers.append(schema.BufferT(data=np.frombuffer(np.float32(-1).tobytes(), np.uint8)))
    name = b"edgecnn.minus_one"
    subgraph.tensors.append(schema.TensorT(shape=[1], type=FLOAT32, buffer=len(graph.buffers) - 1, name=name))
    entry = schema.OperatorCodeT(version=1)
    set_code(entry, builtin_codes()["MUL"])
    graph.operatorCodes.append(entry)
    for operation in negations:
        operation.opcodeIndex = len(graph.operatorCodes) - 1
        operation.inputs = [*operation.inputs, len(subgraph.tensors) - 1]
        operation.builtinOptionsType = schema.BuiltinOptions.MulOptions
        operation.builtinOptions = schema.MulOptionsT()
    return True
