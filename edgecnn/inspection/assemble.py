"""The sums over the operations of a file, whatever its format."""

from __future__ import annotations

from pathlib import Path

from edgecnn.inspection.account import memory, totals
from edgecnn.inspection.graph import Graph
from edgecnn.inspection.result import Inspection, Operation, Runtime, Xnnpack
from edgecnn.spec import Format


def assemble(
    path: Path,
    file_format: Format,
    graph: Graph,
    found: tuple[Operation, ...],
    *,
    producer: str,
    versions: dict[str, int],
    subgraphs: int,
    runtime: Runtime,
    metadata: tuple[str, ...],
    xnnpack: Xnnpack | None = None,
) -> Inspection:
    """Return the inspection of a file, with sums over its operations."""
    return Inspection(
        name=path.name,
        format=file_format,
        size_bytes=path.stat().st_size,
        producer=producer,
        versions=versions,
        inputs=tuple(graph.values[key].public() for key in graph.inputs),
        outputs=tuple(graph.values[key].public() for key in graph.outputs),
        operations=found,
        subgraphs=subgraphs,
        parameters=sum(one.parameters for one in found),
        weight_bytes=sum(one.weight_bytes for one in found),
        macs=sum(one.macs or 0 for one in found),
        uncounted=sum(one.macs is None for one in found),
        by_type=totals(found),
        memory=memory(graph),
        runtime=runtime,
        metadata=metadata,
        xnnpack=xnnpack,
    )
