"""Rewriting graphs: a pass changes one in place, and a table gives the order of the passes.

There is a table for each kind of graph: `keras.passes.table`, `onnx.passes.table` and `tflite.passes.table`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

Pass = Callable[[Any], bool]
"""Rewrites a graph in place, and returns whether it changed anything."""


def run_passes(passes: Iterable[Pass], graph: Any) -> tuple[Pass, ...]:
    """Run passes once each, in their order; return those that changed the graph."""
    return tuple(each for each in passes if each(graph))


def free_name(name: str, used: Collection[str]) -> str:
    """Return the name, or the first of name_1, name_2, … that is not used."""
    number, candidate = 0, name
    while candidate in used:
        number += 1
        candidate = f"{name}_{number}"
    return candidate
