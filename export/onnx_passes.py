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
    folded = (numpy_helper.to_array(weights) * factor).astype("float32")
    scaled = numpy_helper.from_array(folded, f"{weights.name}_scaled")  # others may use the weights as they are
    graph.initializer.append(scaled)
    convolution.input[1] = scaled.name
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


def integer_edges(model: Any) -> tuple[tuple[float, int], tuple[float, int]]:
    """Take the float edges off a QDQ graph: integers go in and come out. Return scale and zero-point of both edges.

    Expects … → QuantizeLinear → DequantizeLinear → output, and input → [layout] → QuantizeLinear → DequantizeLinear
    → …; these outermost nodes go. Where the input meets an operation that is not quantized, uint8 pixels go in all
    the same, and a DequantizeLinear of scale 1 makes them float there.

    Raises:
        ValueError: the output is not quantized.
    """
    from onnx import numpy_helper

    graph = model.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}

    def parameters(node: Any) -> tuple[float, int]:
        scale, zero_point = (numpy_helper.to_array(constants[name]).item() for name in node.input[1:3])
        return float(scale), int(zero_point)

    last = next(node for node in graph.node if graph.output[0].name in node.output)
    if last.op_type != "DequantizeLinear":
        raise ValueError(f"the graph ends with {last.op_type}, which cannot be quantized")
    graph.output[0].type.tensor_type.elem_type = constants[last.input[2]].data_type
    head = layout_tail(model)
    first = [node for node in graph.node if head in node.input]
    if [node.op_type for node in first] == ["QuantizeLinear"]:
        taken = parameters(first[0])
        graph.input[0].type.tensor_type.elem_type = constants[first[0].input[2]].data_type
        _rename(graph, {first[0].output[0]: head})
        graph.node.remove(first[0])
    else:
        taken = _dequantize_pixels(graph)
    given = parameters(last)
    _rename(graph, {last.input[0]: graph.output[0].name})
    graph.node.remove(last)
    del graph.value_info[:]  # the types of the tensors at the edges have changed; shape inference brings them back
    return taken, given


def float_operations(model: Any) -> tuple[str, ...]:
    """Return the kinds of operations that compute in float, sorted.

    In a QDQ graph an operation is computed in integers if it stands between DequantizeLinear and QuantizeLinear; those
    that only move values around compute nothing.
    """
    graph = model.graph
    maker = {output: node.op_type for node in graph.node for output in node.output}
    constants = {tensor.name for tensor in graph.initializer}
    quantized_outputs = {node.input[0] for node in graph.node if node.op_type == "QuantizeLinear"}
    found = set()
    for node in graph.node:
        if node.op_type in (*_LAYOUT_ONLY, "QuantizeLinear", "DequantizeLinear"):
            continue
        inputs_fit = all(maker.get(name) == "DequantizeLinear" for name in node.input if name and name not in constants)
        if not inputs_fit or not quantized_outputs.issuperset(node.output):
            found.add(node.op_type)
    return tuple(sorted(found))


def _dequantize_pixels(graph: Any) -> tuple[float, int]:
    """Let uint8 pixels in and turn them to float at once; return their scale and zero-point."""
    from onnx import TensorProto, helper

    name, real = graph.input[0].name, f"{graph.input[0].name}_real"
    _rename(graph, {name: real})
    graph.input[0].type.tensor_type.elem_type = TensorProto.UINT8
    graph.initializer.append(helper.make_tensor("pixel_scale", TensorProto.FLOAT, [], [1.0]))
    graph.initializer.append(helper.make_tensor("pixel_zero_point", TensorProto.UINT8, [], [0]))
    graph.node.insert(0, helper.make_node("DequantizeLinear", [name, "pixel_scale", "pixel_zero_point"], [real]))
    return 1.0, 0


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
