"""Make names independent of what the process converted before."""

from __future__ import annotations

import re
from typing import Any

from edgecnn.export.onnx.graph import graphs_in

_NUMBERED = re.compile(r"__\d+")


def number_names(model: Any) -> bool:
    """Renumber the names that tf2onnx generated, in the order of the graph.

    tf2onnx keeps counting throughout the process. The same model must give the same names of nodes and their outputs,
    so that a later conversion finds the tensors of a file again. Constants come last, since it is random which of two
    equal ones is kept.
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
