"""Small rewrites of an ONNX graph in place; each says what it expects and what it leaves."""

from __future__ import annotations

from typing import Any

from edgecnn.export.onnx.graph import rename_tensors
from edgecnn.export.onnx.passes.flatten import fold_flatten
from edgecnn.export.onnx.passes.gemm import make_gemm
from edgecnn.export.onnx.passes.padding import fold_padding
from edgecnn.export.onnx.passes.reshape import join_reshapes
from edgecnn.export.onnx.passes.tidy import drop_dead, drop_identities, name_after_layers

_LAYOUT_ONLY = ("Transpose", "Reshape", "Squeeze", "Unsqueeze")


def name_edges(model: Any, input_name: str, output_name: str) -> None:
    """Give the only input and the only output of the graph their names."""
    graph = model.graph
    renamed = {graph.input[0].name: input_name, graph.output[0].name: output_name}
    graph.input[0].name, graph.output[0].name = input_name, output_name
    rename_tensors(graph, renamed)


def clean(model: Any) -> Any:
    """Return the model with inferred shapes, and without what tf2onnx leaves of a frozen graph.

    Dense layers become Gemm; a Flatten needs no transpose and a convolution no Pad before it; nodes are named after
    Keras layers; nothing dead is left. See `edgecnn.export.onnx.passes` for each.
    """
    import onnx

    model = onnx.shape_inference.infer_shapes(model)
    graph = model.graph
    drop_identities(graph)
    join_reshapes(graph)
    make_gemm(graph)
    fold_flatten(graph)
    fold_padding(graph)
    drop_dead(graph)
    name_after_layers(graph)
    del graph.value_info[:]  # those of tensors that are gone as well
    return onnx.shape_inference.infer_shapes(model)


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
        rename_tensors(graph, {first[0].output[0]: head})
        graph.node.remove(first[0])
    else:
        taken = _dequantize_pixels(graph)
    given = parameters(last)
    rename_tensors(graph, {last.input[0]: graph.output[0].name})
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
    rename_tensors(graph, {name: real})
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
