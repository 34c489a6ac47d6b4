"""Names that do not depend on what the process converted before."""

from __future__ import annotations

import re
from typing import Any

from edgecnn.export.onnx.graph import graphs_in

_NUMBERED = re.compile(r"__\d+")


def number_names(model: Any) -> bool:
    """Number the names that tf2onnx made up anew, in the order of the graph.

    It numbers them through the whole process. The same model shall give the same names of nodes and of what they make,
    so that the tensors of a file are found again in a later conversion; constants come last, since which of two equal
    ones is kept is a matter of chance.
    """
    graphs = list(graphs_in(model.graph))
    renamed: dict[str, str] = {}

    def new(name: str) -> str:
        if _NUMBERED.search(name) and name not in renamed:
            renamed[name] = _NUMBERED.sub(f"__{len(renamed)}", name)
        return renamed.get(name, name)

    for graph in graphs:
        for node in graph.node:
            node.name = new(node.name)
            node.output[:] = [new(name) for name in node.output]
    for graph in graphs:
        for node in graph.node:
            node.input[:] = [new(name) for name in node.input]
        for value in (*graph.initializer, *graph.value_info, *graph.input, *graph.output):
            value.name = new(value.name)
    return any(old != new for old, new in renamed.items())
