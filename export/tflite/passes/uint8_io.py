"""Give a graph that computes in int8 uint8 input and output."""

from __future__ import annotations

from typing import Any

_INT8_TO_UINT8 = 128


def make_io_uint8(graph: Any) -> bool:
    """Give a TFLite graph with int8 input and output uint8 ones, with a QUANTIZE operation at each.

    The scales stay, and the zero-points move by 128. TFLite's specification only has int8 activations.

    Args:
        graph: `ModelT` of the flatbuffer schema with one input and one output, changed in place.
    """
    from ai_edge_litert import schema_py_generated as schema

    subgraph = graph.subgraphs[0]
    (first,), (last,) = subgraph.inputs, subgraph.outputs
    code = _quantize_code(graph, schema)
    pixels, scores = _uint8_twin(subgraph, first, schema), _uint8_twin(subgraph, last, schema)
    subgraph.operators.insert(0, _operation(code, pixels, first, schema))
    subgraph.operators.append(_operation(code, last, scores, schema))
    subgraph.inputs, subgraph.outputs = [pixels], [scores]
    for signature in graph.signatureDefs or ():
        signature.inputs[0].tensorIndex, signature.outputs[0].tensorIndex = pixels, scores
    return True


def _uint8_twin(subgraph: Any, place: int, schema: Any) -> int:
    """Return the index of a new uint8 tensor that takes over the value and the name of an int8 tensor."""
    inner = subgraph.tensors[place]
    (scale,), (zero_point,) = list(inner.quantization.scale), list(inner.quantization.zeroPoint)
    quantization = schema.QuantizationParametersT(scale=[scale], zeroPoint=[zero_point + _INT8_TO_UINT8])
    twin = schema.TensorT(
        shape=list(inner.shape), type=schema.TensorType.UINT8, buffer=0, name=inner.name, quantization=quantization
    )
    twin.shapeSignature = inner.shapeSignature
    inner.name = inner.name + b"_int8"
    subgraph.tensors.append(twin)
    return len(subgraph.tensors) - 1


def _quantize_code(graph: Any, schema: Any) -> int:
    """Return the index of QUANTIZE among the graph's kinds of operations."""
    number = schema.BuiltinOperator.QUANTIZE
    for place, entry in enumerate(graph.operatorCodes):
        if entry.builtinCode == number:
            return place
    graph.operatorCodes.append(schema.OperatorCodeT(builtinCode=number, deprecatedBuiltinCode=number, version=1))
    return len(graph.operatorCodes) - 1


def _operation(code: int, source: int, target: int, schema: Any) -> Any:
    return schema.OperatorT(
        opcodeIndex=code,
        inputs=[source],
        outputs=[target],
        builtinOptionsType=schema.BuiltinOptions.QuantizeOptions,
        builtinOptions=schema.QuantizeOptionsT(),
    )
