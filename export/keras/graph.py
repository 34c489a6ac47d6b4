"""A TensorFlow graph of plain nodes that the passes rewrite in place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from edgecnn.export.passes import free_name
from edgecnn.models.framework import import_tensorflow
from edgecnn.models.layers import Layers


class TensorFlowGraph:
    """A frozen graph with one input and one output, each with a node of its own that no pass removes.

    Tensors are named as in a `GraphDef`: "node" for the first output of a node, "node:1" for the second. Control
    edges are dropped, because nothing in a frozen inference graph has side effects that matter.

    Attributes:
        nodes: the `NodeDef` of each name, including nodes that nothing reads any more.
        input: name of the placeholder.
        output: name of the identity at the end.
        layers: of the Keras model that was traced.
    """

    def __init__(self, definition: Any, input_name: str, output_name: str, layers: Layers) -> None:
        self.nodes: dict[str, Any] = {node.name: node for node in definition.node}
        self.input, self.output, self.layers = input_name, output_name, layers
        self._frame = type(definition)()  # all except the nodes: versions, and functions of control flow
        self._frame.versions.CopyFrom(definition.versions)
        self._frame.library.CopyFrom(definition.library)
        for node in self.nodes.values():
            names = [name.removesuffix(":0") for name in node.input if not name.startswith("^")]
            del node.input[:]
            node.input.extend(names)
        self._shapes = self._inferred_shapes()

    def definition(self) -> Any:
        """Return the `GraphDef` of the nodes that the output needs."""
        return self._definition_of(self.in_order())

    def in_order(self, targets: Collection[str] = ()) -> list[Any]:
        """Return the nodes that the targets need, each after its inputs; the default targets are output and input."""
        ordered: dict[str, Any] = {}
        pending = [*targets] or [self.output, self.input]
        while pending:
            node = self.nodes[pending[-1]]
            missing = [name for name in map(node_name, node.input) if name not in ordered]
            if missing:
                pending.extend(missing)
            else:
                ordered[pending.pop()] = node
        return list(ordered.values())

    def consumers(self) -> dict[str, list[Any]]:
        """Return the nodes that read each tensor; one that reads it twice appears twice."""
        consumers = defaultdict(list)
        for node in self.in_order():
            for name in node.input:
                consumers[name].append(node)
        return consumers

    def constant(self, tensor: str) -> Any:
        """Return the NumPy array of a constant; None for any other tensor."""
        node = self.nodes.get(tensor)
        return import_tensorflow().make_ndarray(node.attr["value"].tensor) if node and node.op == "Const" else None

    def shape(self, tensor: str) -> tuple[int, ...] | None:
        """Return the shape of a tensor; None if it is not fixed."""
        return self._shapes.get(tensor)

    def add_constant(self, name: str, array: Any) -> str:
        """Add a constant under this name or a similar free one, and return the name."""
        tf = import_tensorflow()
        name = self._add("Const", name, [], array.shape)
        self.nodes[name].attr["dtype"].type = tf.as_dtype(array.dtype).as_datatype_enum
        self.nodes[name].attr["value"].tensor.CopyFrom(tf.make_tensor_proto(array))
        return name

    def add_float_node(self, operation: str, name: str, inputs: Sequence[str], shape: tuple[int, ...] | None) -> str:
        """Add a float32 operation whose only attribute is its type `T`, and return its name."""
        name = self._add(operation, name, inputs, shape)
        self.nodes[name].attr["T"].type = import_tensorflow().float32.as_datatype_enum
        return name

    def redirect(self, old: str, new: str) -> None:
        """Connect all consumers of the tensor `old` to `new`."""
        for node in self.nodes.values():
            for index, name in enumerate(node.input):
                if name == old:
                    node.input[index] = new

    def rename(self, renamed: dict[str, str]) -> None:
        """Give nodes new names; no other node may have them."""
        for node in self.nodes.values():
            node.name = renamed.get(node.name, node.name)
            for index, name in enumerate(node.input):
                node.input[index] = _renamed(name, renamed)
        self.nodes = {node.name: node for node in self.nodes.values()}
        self._shapes = {_renamed(name, renamed): shape for name, shape in self._shapes.items()}

    def evaluate(self, tensors: Sequence[str]) -> list[Any]:
        """Return the NumPy arrays of tensors that depend only on constants."""
        tf = import_tensorflow()
        definition = self._definition_of(self.in_order([node_name(name) for name in tensors]))
        fetched = [name if ":" in name else f"{name}:0" for name in tensors]

        def compute() -> Any:
            return tf.graph_util.import_graph_def(definition, return_elements=fetched, name="")

        return [result.numpy() for result in tf.function(compute)()]

    def _definition_of(self, nodes: list[Any]) -> Any:
        definition = type(self._frame)()
        definition.CopyFrom(self._frame)
        definition.node.extend(nodes)
        return definition

    def _add(self, operation: str, name: str, inputs: Sequence[str], shape: tuple[int, ...] | None) -> str:
        node = type(self.nodes[self.input])()
        node.op, node.name = operation, free_name(name, self.nodes)
        node.input.extend(inputs)
        self.nodes[node.name] = node
        if shape is not None:
            self._shapes[node.name] = shape
        return str(node.name)

    def _inferred_shapes(self) -> dict[str, tuple[int, ...]]:
        tf = import_tensorflow()
        with tf.Graph().as_default() as graph:
            tf.graph_util.import_graph_def(self.definition(), name="")
        outputs = [tensor for operation in graph.get_operations() for tensor in operation.outputs]
        fixed = [tensor for tensor in outputs if tensor.shape.is_fully_defined()]
        return {tensor.name.removesuffix(":0"): tuple(tensor.shape) for tensor in fixed}


def node_name(tensor: str) -> str:
    """Return the name of the node that a tensor comes from."""
    return tensor.partition(":")[0]


def attribute(node: Any, name: str) -> Any:
    """Return the `AttrValue` of a node, or an empty one; `node.attr[name]` would add it to the node."""
    from tensorflow.core.framework.attr_value_pb2 import AttrValue

    return node.attr.get(name, AttrValue())


def _renamed(tensor: str, renamed: dict[str, str]) -> str:
    name, colon, number = tensor.partition(":")
    return f"{renamed.get(name, name)}{colon}{number}"
