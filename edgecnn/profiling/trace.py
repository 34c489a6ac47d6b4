"""ONNX Runtime's own trace of a session: how long each operation took, and the shapes that it saw."""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgecnn.runtime.ort import PROVIDER

_KERNEL = "_kernel_time"
Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Traced:
    """One operation of a graph as ONNX Runtime executes it.

    Attributes:
        microseconds: of each run, whole ones, in order.
        given, made: dtype and shape of inputs and outputs; weights that a kernel keeps in its own form are left out.
        moved_bytes: of activations that it reads and writes.
    """

    name: str
    kind: str
    microseconds: tuple[int, ...]
    given: tuple[tuple[str, Shape], ...]
    made: tuple[tuple[str, Shape], ...]
    moved_bytes: int


@contextmanager
def traced_session(model: str | bytes, options: Any) -> Iterator[Any]:
    """Yield a session that writes a trace, whose file is gone afterwards; `read_trace` reads it before."""
    import onnxruntime

    with tempfile.TemporaryDirectory(prefix="edgecnn-trace-") as folder:
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(folder) / "trace")
        yield onnxruntime.InferenceSession(model, options, providers=[PROVIDER])


def read_trace(session: Any) -> tuple[Traced, ...]:
    """End the trace of a session and return its operations in the order of execution."""
    path = Path(session.end_profiling())
    events: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
    for event in json.loads(path.read_text(encoding="utf-8")):
        if event["cat"] == "Node" and event["name"].endswith(_KERNEL):
            events[int(event["args"]["node_index"]), event["name"].removesuffix(_KERNEL)].append(event)
    return tuple(_traced(name, seen) for (_, name), seen in events.items())


def _traced(name: str, seen: list[dict[str, Any]]) -> Traced:
    said = seen[0]["args"]
    return Traced(
        name=name,
        kind=said["op_name"],
        microseconds=tuple(event["dur"] for event in seen),
        given=tuple(_shapes(said["input_type_shape"])),
        made=tuple(_shapes(said["output_type_shape"])),
        moved_bytes=int(said["activation_size"]) + int(said["output_size"]),
    )


def _shapes(said: list[dict[str, list[int]]]) -> Iterator[tuple[str, Shape]]:
    for one in said:
        for dtype, shape in one.items():
            yield dtype, tuple(shape)
