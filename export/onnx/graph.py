"""Look up and replace parts of an ONNX graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edgecnn.export.passes import free_name
from edgecnn.export.restored import LayerOperation
from edgecnn.inspection.operation_table import row_of
from edgecnn.models.layers import Layers


def arrays_of(graph: Any) -> dict[str, Any]:
    """Return the NumPy array of each constant."""
    from onnx import numpy_helper

    return {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}


def array_of(graph: Any, name: str) -> Any:
    """Return the NumPy array of a constant; None for any other tensor."""
    from onnx import numpy_helper

    tensor = next((tensor for tensor in graph.initializer if tensor.name == name), None)
    return None if tensor is None else numpy_helper.to_array(tensor)


def add_array(graph: Any, name: str, array: Any) -> str:
    """Add a constant under this name or a similar free one, and return the name."""
    from onnx import numpy_helper

    name = free_name(name, {tensor.name for tensor in graph.initializer})
    graph.initializer.append(numpy_helper.from_array(array, name))
    return name


def shapes_of(graph: Any) -> dict[str, tuple[int, ...]]:
    """Return the fixed shapes among the inferred ones."""
    types = {value.name: value.type.tensor_type for value in (*graph.input, *graph.value_info, *graph.output)}
    shapes = {name: tuple(size.dim_value for size in kind.shape.dim) for name, kind in types.items()}
    return {name: shape for name, shape in shapes.items() if shape and 0 not in shape}


def maker_of(graph: Any, name: str) -> Any:
    """Return the node that produces a tensor; None for inputs and constants."""
    return next((node for node in graph.node if name in node.output), None)


def sole_taker_of(graph: Any, name: str) -> Any:
    """Return the only node that reads a tensor; None if there are several, or if it is an output of the graph."""
    takers = [node for node in graph.node if name in read_by(node)]
    return takers[0] if len(takers) == 1 and name not in {output.name for output in graph.output} else None


def bodies_of(node: Any) -> list[Any]:
    """Return the graphs that a node runs, as a Loop does. They may read all tensors of the surrounding graph."""
    from onnx import AttributeProto

    return [attribute.g for attribute in node.attribute if attribute.type == AttributeProto.GRAPH]


def loops(model: Any) -> bool:
    """Whether a model contains a loop, as a recurrent layer does unless it is unrolled."""
    return any(node.op_type == "Loop" for node in model.graph.node)


def graphs_in(graph: Any) -> Iterator[Any]:
    """Yield a graph and, recursively, the bodies of its nodes."""
    yield graph
    for node in graph.node:
        for body in bodies_of(node):
            yield from graphs_in(body)


def read_by(node: Any) -> set[str]:
    """Return the tensors that a node and its bodies read."""
    inner = [graph for body in bodies_of(node) for graph in graphs_in(body)]
    read = {name for graph in inner for within in graph.node for name in within.input}
    return {*node.input, *read, *(output.name for graph in inner for output in graph.output)}


def attributes_of(node: Any) -> dict[str, Any]:
    """Return the values of a node's attributes."""
    from onnx import helper

    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def rename_tensors(graph: Any, renamed: dict[str, str]) -> None:
    """Rename tensors in the inputs and outputs of all nodes, in bodies too."""
    for node in graph.node:
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                names[index] = renamed.get(name, name)
        for body in bodies_of(node):
            rename_tensors(body, renamed)
            for output in body.output:
                output.name = renamed.get(output.name, output.name)


def layer_of(model: Any, node: Any, layers: Layers) -> str | None:
    """Return the Keras layer of a node, by its own name or else its tensors'; the last node may have no name."""
    layer = layers.find(node.name) or layers.find(*node.output) or layers.find(*node.input[1:])
    return layer or (layers.output if model.graph.output[0].name in node.output else None)


def layer_operations(model: Any, layers: Layers) -> Iterator[LayerOperation]:
    """Yield the nodes of a float graph; the quantizer identifies each by its name."""
    for node in model.graph.node:
        yield LayerOperation(
            str(node.name),
            layer_of(model, node, layers),
            frozenset(node.input),
            frozenset(node.output),
            row_of(node.op_type).keeps_range,
        )


def layout_tail(model: Any) -> str:
    """Return the name of the input tensor after the nodes that only rearrange its values."""
    graph = model.graph
    name = str(graph.input[0].name)
    for node in _chain(graph, name):
        if not row_of(node.op_type).is_layout:
            break
        name = str(node.output[0])
    return name


def float_operations(model: Any) -> tuple[str, ...]:
    """Return the kinds of operations that compute in float, sorted.

    In a QDQ graph, an operation between DequantizeLinear and QuantizeLinear computes in integers. Operations that only
    rearrange values compute nothing.
    """
    graph = model.graph
    maker = {output: node.op_type for node in graph.node for output in node.output}
    constants = {tensor.name for tensor in graph.initializer}
    quantized_outputs = {node.input[0] for node in graph.node if node.op_type == "QuantizeLinear"}
    kinds = set()
    for node in graph.node:
        if row_of(node.op_type).is_layout or node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            continue
        inputs_fit = all(maker.get(name) == "DequantizeLinear" for name in node.input if name and name not in constants)
        if not inputs_fit or not quantized_outputs.issuperset(node.output):
            kinds.add(node.op_type)
    return tuple(sorted(kinds))


def _chain(graph: Any, name: str) -> list[Any]:
    """Return the nodes that follow a tensor for as long as each has one consumer."""
    nodes: list[Any] = []
    while len(consumers := [node for node in graph.node if name in node.input]) == 1:
        nodes.append(consumers[0])
        name = consumers[0].output[0]
    return nodes
