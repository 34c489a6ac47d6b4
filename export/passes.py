"""Graph rewriting: a pass changes a graph in place, and a table lists the passes in order.

There is a table for each kind of graph: `keras.passes.table`, `onnx.passes.table` and `tflite.passes.table`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

Pass = Callable[[Any], bool]
"""Rewrites a graph in place, and returns whether it changed anything."""


def run_passes(passes: Iterable[Pass], graph: Any) -> tuple[Pass, ...]:
    """Run each pass once, in order; return those that changed the graph."""
    return tuple(rewrite for rewrite in passes if rewrite(graph))


def free_name(name: str, used: Collection[str]) -> str:
    """Return the name, or the first of name_1, name_2, … that is unused."""
    number, candidate = 0, name
    while candidate in used:
        number += 1
        candidate = f"{name}_{number}"
    return candidate
