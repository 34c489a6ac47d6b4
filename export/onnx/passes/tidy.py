"""Remove leftovers from an ONNX graph and name the nodes."""

from __future__ import annotations

import re
from typing import Any

from edgecnn.export.onnx.graph import read_by, rename_tensors
from edgecnn.export.passes import free_name


def drop_dead_nodes(model: Any) -> bool:
    """Remove nodes that the output does not need."""
    graph = model.graph
    needed = {output.name for output in graph.output}
    dead = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            needed.update(read_by(node))
        else:
            dead.append(node)
    for node in dead:
        graph.node.remove(node)
    return bool(dead)


def drop_unused_constants(model: Any) -> bool:
    """Remove constants that no node reads."""
    graph = model.graph
    used = {name for node in graph.node for name in read_by(node)} | {output.name for output in graph.output}
    unused = [tensor for tensor in graph.initializer if tensor.name not in used]
    for tensor in unused:
        graph.initializer.remove(tensor)
    return bool(unused)


def drop_identities(model: Any) -> bool:
    """Remove Identity between two nodes."""
    graph = model.graph
    ends = {output.name for output in graph.output}
    identities = [node for node in graph.node if node.op_type == "Identity" and node.output[0] not in ends]
    for node in identities:
        graph.node.remove(node)
        rename_tensors(graph, {node.output[0]: node.input[0]})
    return bool(identities)


def name_after_layers(model: Any) -> bool:
    """Name the nodes that the converter only numbered, such as "Conv__12" or "Mul_3".

    They get the name of their output, "layer/…", or the layer of a constant input or else of another input.
    """
    graph, changed = model.graph, False
    constants = {tensor.name for tensor in graph.initializer}
    used = {node.name for node in graph.node}
    for node in graph.node:
        if "/" in node.name and not re.search(r"__\d+$", node.name):
            continue
        output = re.sub(r"(__\d+)?(:0)?$", "", node.output[0])
        inputs = sorted(node.input, key=lambda name: name not in constants)
        scopes = [name.rpartition("/")[0] for name in (output, *inputs) if "/" in name]
        candidates = [output] if "/" in output else []
        candidates += [f"{scope}/{node.op_type}" for scope in scopes[:1]]
        if candidates:
            node.name = next((name for name in candidates if name not in used), free_name(candidates[-1], used))
            used.add(node.name)
            changed = True
    return changed
