"""Remove what a TensorFlow graph need not compute at run time."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgecnn.export.keras.graph import TensorFlowGraph, attribute, node_name
from edgecnn.models.framework import import_tensorflow

_FORWARDING = ("Identity", "IdentityN", "StopGradient", "PreventGradient", "Snapshot", "EnsureShape", "CheckNumerics")
"""Operations whose outputs are their inputs, one by one."""

_RESHAPING = ("Reshape", "Squeeze", "ExpandDims")


def skip_identities(graph: TensorFlowGraph) -> bool:
    """Remove the nodes that return their input, except the output node.

    These are identities, casts to the same type, and reshapes to the same shape.
    """
    passed = {
        f"{node.name}:{index}" if index else node.name: source
        for node in graph.in_order()
        if node.name != graph.output and _forwards(graph, node)
        for index, source in enumerate(node.input if node.op == "IdentityN" else node.input[:1])
    }
    for old, source in passed.items():
        graph.redirect(old, _end(passed, source))
    return bool(passed)


def _end(passed: dict[str, str], name: str) -> str:
    while name in passed:
        name = passed[name]
    return name


def _forwards(graph: TensorFlowGraph, node: Any) -> bool:
    if node.op == "Cast":
        return bool(attribute(node, "SrcT").type == attribute(node, "DstT").type)
    shape = graph.shape(node.name)
    same_shape = node.op in _RESHAPING and shape is not None and shape == graph.shape(node.input[0])
    return node.op in _FORWARDING or same_shape


def fold_constants(graph: TensorFlowGraph) -> bool:
    """Compute whatever depends only on constants, and fixed shapes.

    Examples are the arithmetic of batch norms between variables, and the shapes that Flatten and Reshape use.
    """
    shapes = _fixed_shapes(graph)
    for name, array in shapes.items():
        graph.redirect(name, graph.add_constant(f"{name}/value", array))
    tensors = _constant_tensors(graph)
    for name, array in zip(tensors, graph.evaluate(tensors) if tensors else (), strict=True):
        graph.redirect(name, graph.add_constant(f"{node_name(name)}/value", array))
    return bool(shapes or tensors)


def drop_dead(graph: TensorFlowGraph) -> bool:
    """Drop the nodes that the output does not need, and their weights."""
    before = len(graph.nodes)
    graph.nodes = {node.name: node for node in graph.in_order()}
    return len(graph.nodes) != before


def _fixed_shapes(graph: TensorFlowGraph) -> dict[str, np.typing.NDArray[np.generic]]:
    """Return the results of the nodes that query the shape of a tensor."""
    tf = import_tensorflow()
    asked: dict[str, Any] = {
        "Shape": lambda shape: shape,
        "Rank": len,
        "Size": lambda shape: np.prod(shape, dtype=np.int64),
    }
    shapes = {}
    for node in graph.in_order():
        shape = graph.shape(node.input[0]) if node.op in asked else None
        if shape is not None:
            kind = np.int32 if node.op == "Rank" else tf.as_dtype(attribute(node, "out_type").type or tf.int32)
            kind = getattr(kind, "as_numpy_dtype", kind)
            shapes[node.name] = np.array(asked[node.op](shape), kind)
    return shapes


def _constant_tensors(graph: TensorFlowGraph) -> list[str]:
    """Return the tensors on the border between the constant part and the rest of the graph."""
    from tensorflow.python.framework import op_def_registry

    known: set[str] = set()
    borders: dict[str, None] = {}
    for node in graph.in_order():
        operation = op_def_registry.get(node.op)
        is_pure = operation is not None and not operation.is_stateful and not _calls(node) and _gives_values(operation)
        if node.op == "Const" or (node.input and is_pure and all(node_name(name) in known for name in node.input)):
            known.add(node.name)
        else:
            borders.update(dict.fromkeys(name for name in node.input if node_name(name) in known))
    return [name for name in borders if graph.nodes[node_name(name)].op != "Const"]


def _gives_values(operation: Any) -> bool:
    """Whether an operation returns tensors that can be stored as constants, unlike the lists of a recurrent layer."""
    tf = import_tensorflow()
    handles = {kind.as_datatype_enum for kind in (tf.variant, tf.resource)}
    return not any(output.type in handles for output in operation.output_arg)


def _calls(node: Any) -> bool:
    """Whether a node calls functions of the graph's library."""
    return any(value.HasField("func") for value in node.attr.values())
