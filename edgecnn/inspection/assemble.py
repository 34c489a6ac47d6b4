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
    listed: tuple[Operation, ...],
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
        operations=listed,
        subgraphs=subgraphs,
        parameters=sum(operation.parameters for operation in listed),
        weight_bytes=sum(operation.weight_bytes for operation in listed),
        macs=sum(operation.macs or 0 for operation in listed),
        uncounted=sum(operation.macs is None for operation in listed),
        by_type=totals(listed),
        memory=memory(graph),
        runtime=runtime,
        metadata=metadata,
        xnnpack=xnnpack,
    )
