"""Accounting of a graph: what each operation holds and computes, and what all of them need.

In ONNX a quantized operation stands between DequantizeLinear and QuantizeLinear (QDQ), and runtimes compute it in
integers. So an operation is judged by what goes into the one and comes out of the other, and weights behind a
DequantizeLinear are those of the operation that uses them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from edgecnn.inspection.graph import FLOAT_DTYPES, Graph, Node, Value, elements
from edgecnn.inspection.macs import count_macs
from edgecnn.inspection.naming import layer_names
from edgecnn.inspection.operation_table import row_of
from edgecnn.inspection.result import KindTotal, Memory, Operation

QUANTIZE, DEQUANTIZE = ("QuantizeLinear", "QUANTIZE"), ("DequantizeLinear", "DEQUANTIZE")
_QDQ = (QUANTIZE[0], DEQUANTIZE[0])

_INDEX_DTYPES = ("int32", "int64", "bool", "string", "uint64")
"""Constants of these are shapes, axes and the like, unless they are quantized, as a bias is."""


@dataclass(frozen=True, slots=True)
class _Sources:
    """Who makes a value, and what it becomes where all that use it are QuantizeLinear."""

    maker: dict[str, Node]
    quantized: dict[str, str]

    @classmethod
    def of(cls, graph: Graph) -> _Sources:
        quantized: dict[str, str] = {}
        used_otherwise: set[str] = set()
        for node in graph.nodes:
            if node.type == QUANTIZE[0] and node.inputs and node.outputs:
                quantized.setdefault(node.inputs[0], node.outputs[0])
            else:
                used_otherwise.update(node.inputs)
        for key in used_otherwise:
            quantized.pop(key, None)
        return cls({key: node for node in graph.nodes for key in node.outputs if key}, quantized)

    def behind_dequantize(self, key: str) -> str:
        """Return what a DequantizeLinear was given, or the value itself where none made it."""
        maker = self.maker.get(key)
        return maker.inputs[0] if maker and maker.type == DEQUANTIZE[0] and maker.inputs and maker.inputs[0] else key

    def stored(self, key: str) -> str:
        """Return the value that is stored where the pairs of QuantizeLinear and DequantizeLinear are fused."""
        behind = self.behind_dequantize(key)
        return self.quantized.get(behind, behind)


def operations(graph: Graph) -> tuple[Operation, ...]:
    """Return the operations of a graph in its order, each constant counted at its first use."""
    sources = _Sources.of(graph)
    layers = layer_names([_telling_name(graph, node, sources) for node in graph.nodes])
    counted: set[str] = set()
    listed = []
    for index, (node, layer) in enumerate(zip(graph.nodes, layers, strict=True)):
        weights = _weights(graph, node, sources)
        new = [weights[key] for key in weights if key not in counted]
        counted.update(weights)
        input_shapes = [graph.values[key].shape if key else () for key in node.inputs]
        outputs = [graph.values[key] for key in node.outputs if key]
        largest_first = sorted(weights.values(), key=lambda value: -elements(value.shape or ()))
        listed.append(
            Operation(
                index=index,
                type=node.type,
                version=node.version,
                layer=layer,
                inputs=tuple(value.public() for value in _activations(graph, node, sources)),
                outputs=tuple(value.public() for value in outputs),
                weights=tuple(value.public() for value in largest_first),
                parameters=sum(elements(value.shape or ()) for value in new),
                weight_bytes=sum(value.stored_bytes or 0 for value in new),
                macs=count_macs(row_of(node.type).macs, input_shapes, outputs[0].shape if outputs else None),
                arithmetic=_arithmetic(graph, node, sources, largest_first),
            )
        )
    return tuple(listed)


def totals(listed: tuple[Operation, ...]) -> tuple[KindTotal, ...]:
    """Return the operations by type, those with the most multiply-accumulates first, then the most frequent."""
    kinds: dict[str, list[Operation]] = defaultdict(list)
    for operation in listed:
        kinds[operation.type].append(operation)
    summed = [
        KindTotal(
            type=kind,
            versions=tuple(sorted({operation.version for operation in ones})),
            count=len(ones),
            parameters=sum(operation.parameters for operation in ones),
            weight_bytes=sum(operation.weight_bytes for operation in ones),
            macs=sum(operation.macs or 0 for operation in ones),
            arithmetic=tuple(sorted({operation.arithmetic for operation in ones})),
            on_xnnpack=None if ones[0].on_xnnpack is None else sum(bool(operation.on_xnnpack) for operation in ones),
        )
        for kind, ones in kinds.items()
    ]
    return tuple(sorted(summed, key=lambda total: (-total.macs, -total.count, total.type)))


def memory(graph: Graph) -> Memory:
    """Return what the activations take: a value lives from its maker to its last user, inputs and outputs throughout.

    The interpreters of both formats keep inputs and outputs for the caller, and plan the others by their lifetimes.
    A real number between QuantizeLinear and DequantizeLinear is never stored as such: it counts as the integer.
    """
    sources, edges = _Sources.of(graph), {*graph.inputs, *graph.outputs}
    first, last = dict.fromkeys(graph.inputs, 0), dict.fromkeys((*graph.inputs, *graph.outputs), len(graph.nodes))
    for step, node in enumerate(graph.nodes):
        for name in filter(None, (*node.inputs, *node.outputs)):
            key = name if name in edges else sources.stored(name)
            first.setdefault(key, step)
            last[key] = max(last.get(key, 0), step)
    activations = {key: graph.values[key] for key in first if not graph.values[key].is_constant}
    change: dict[int, int] = defaultdict(int)
    for key, value in activations.items():
        change[first[key]] += value.size_bytes
        change[last[key] + 1] -= value.size_bytes
    needed = peak = 0
    for step in sorted(change):
        needed += change[step]
        peak = max(peak, needed)
    largest = max(activations.values(), key=lambda value: value.size_bytes, default=None)
    names = [*(node.name for node in graph.nodes), largest.name if largest else ""]
    return Memory(layer_names(names)[-1], largest.size_bytes if largest else 0, peak)


def _telling_name(graph: Graph, node: Node, sources: _Sources) -> str:
    """Return the name that tells the layer: the node's own, or that of its largest weights if it has no scope.

    What makes the output of a file goes by the output's name.
    """
    weights = _weights(graph, node, sources).values()
    if "/" in node.name or not weights:
        return node.name
    return max(weights, key=lambda value: elements(value.shape or ())).name


def _weights(graph: Graph, node: Node, sources: _Sources) -> dict[str, Value]:
    """Return the constant inputs of a node that are parameters, by key."""
    if node.type in _QDQ:
        return {}
    weights, places = {}, row_of(node.type).parameters
    for place, key in enumerate(node.inputs):
        if not key or (places is not None and place not in places):
            continue
        behind = sources.behind_dequantize(key)
        value = graph.values[behind]
        if value.is_constant and value.shape and (value.affine or value.dtype not in _INDEX_DTYPES):
            weights[behind] = value
    return weights


def _activations(graph: Graph, node: Node, sources: _Sources) -> list[Value]:
    keys = [key for key in node.inputs if key]
    return [graph.values[key] for key in keys if not graph.values[sources.behind_dequantize(key)].is_constant]


def _arithmetic(graph: Graph, node: Node, sources: _Sources, weights: list[Value]) -> str:
    if row_of(node.type).is_conversion:
        return "conversion"
    read = [sources.behind_dequantize(key) for key in node.inputs if key]
    written = [sources.quantized.get(key, key) for key in node.outputs if key]
    dtypes = {graph.values[key].dtype for key in (*read, *written) if not graph.values[key].is_constant}
    if not dtypes & set(FLOAT_DTYPES):
        return "integer"
    is_tflite_with_int8_weights = node.type.isupper() and bool(weights) and weights[0].dtype in ("int8", "int4", "int2")
    return "dynamic" if is_tflite_with_int8_weights else "float"
