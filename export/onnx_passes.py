"""Small rewrites of an ONNX graph in place; each says what it expects and what it leaves."""

from __future__ import annotations

from typing import Any

_LAYOUT_ONLY = ("Transpose", "Reshape", "Squeeze", "Unsqueeze")


def name_edges(model: Any, input_name: str, output_name: str) -> None:
    """Give the only input and the only output of the graph their names."""
    graph = model.graph
    renamed = {graph.input[0].name: input_name, graph.output[0].name: output_name}
    graph.input[0].name, graph.output[0].name = input_name, output_name
    _rename(graph, renamed)


def fold_input_scale(model: Any) -> bool:
    """Move a constant factor on the input into the weights of the convolution; return whether that was done.

    Expects input → Mul(scalar) [→ Add(0)] → [Transpose] → Conv, each with one consumer: what Keras' Rescaling
    becomes. Exact but for the rounding of the weights. An offset other than 0 is left alone, because padded
    convolutions would see it at their edges.
    """
    from onnx import numpy_helper

    graph = model.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    chain = _chain(graph, graph.input[0].name)
    kinds = [node.op_type for node in chain]
    if kinds[:1] != ["Mul"] or "Conv" not in kinds:
        return False
    convolution = chain[kinds.index("Conv")]
    between = [node for node in chain[1 : kinds.index("Conv")] if node.op_type != "Transpose"]
    factor = _scalar(chain[0], constants)
    if factor is None or convolution.input[1] not in constants:
        return False
    if any(node.op_type != "Add" or _scalar(node, constants) != 0.0 for node in between):
        return False
    weights = constants[convolution.input[1]]
    folded = numpy_helper.to_array(weights) * factor
    weights.CopyFrom(numpy_helper.from_array(folded.astype("float32"), weights.name))
    for node in [chain[0], *between]:
        _bypass(graph, node)
    return True


def layout_tail(model: Any) -> str:
    """Return the name of the input tensor after the nodes that only move its values around."""
    graph = model.graph
    name = str(graph.input[0].name)
    for node in _chain(graph, name):
        if node.op_type not in _LAYOUT_ONLY:
            break
        name = str(node.output[0])
    return name


def integer_edges(model: Any) -> None:
    """Take the float edges off a QDQ graph: integers go in and come out.

    Expects input → [layout] → QuantizeLinear → DequantizeLinear → … → QuantizeLinear → DequantizeLinear → output.
    The first QuantizeLinear and the last DequantizeLinear go; the tensors at the edges take the type of the
    zero-points.

    Raises:
        ValueError: the graph is not quantized at its edges.
    """
    graph = model.graph
    types = {tensor.name: tensor.data_type for tensor in graph.initializer}
    head = layout_tail(model)
    first = next(node for node in graph.node if head in node.input)
    last = next(node for node in graph.node if graph.output[0].name in node.output)
    if first.op_type != "QuantizeLinear" or last.op_type != "DequantizeLinear":
        raise ValueError(f"the graph begins with {first.op_type} and ends with {last.op_type}, not with quantization")
    graph.input[0].type.tensor_type.elem_type = types[first.input[2]]
    graph.output[0].type.tensor_type.elem_type = types[last.input[2]]
    _rename(graph, {first.output[0]: head, last.input[0]: graph.output[0].name})
    graph.node.remove(first)
    graph.node.remove(last)
    del graph.value_info[:]  # the types of the tensors at the edges have changed; shape inference brings them back


def drop_unused_opsets(model: Any) -> None:
    """Keep the imports of those operator sets that a node uses, each once."""
    used = {node.domain for node in model.graph.node} | {""}
    kept = {entry.domain: entry for entry in model.opset_import if entry.domain in used}
    entries = [(domain, entry.version) for domain, entry in kept.items()]
    del model.opset_import[:]
    for domain, version in entries:
        entry = model.opset_import.add()
        entry.domain, entry.version = domain, version


def _chain(graph: Any, name: str) -> list[Any]:
    """Return the nodes that follow a tensor for as long as each has one consumer."""
    nodes: list[Any] = []
    while len(consumers := [node for node in graph.node if name in node.input]) == 1:
        nodes.append(consumers[0])
        name = consumers[0].output[0]
    return nodes


def _rename(graph: Any, renamed: dict[str, str]) -> None:
    for node in graph.node:
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                names[index] = renamed.get(name, name)


def _scalar(node: Any, constants: dict[str, Any]) -> float | None:
    """Return the one constant operand of a node, if it is a single number."""
    from onnx import numpy_helper

    arrays = [numpy_helper.to_array(constants[name]) for name in node.input if name in constants]
    return float(arrays[0].item()) if len(arrays) == 1 and arrays[0].size == 1 else None


def _bypass(graph: Any, gone: Any) -> None:
    """Remove a node of one variable input and one output, joining what was around it."""
    constants = {tensor.name for tensor in graph.initializer}
    source = next(name for name in gone.input if name not in constants)
    graph.node.remove(gone)
    _rename(graph, {gone.output[0]: source})
