"""Inspecting a .tflite file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from edgecnn.errors import ArtifactError
from edgecnn.flatbuffer import FlatbufferError
from edgecnn.inspection import tflite_operations
from edgecnn.inspection.account import operations
from edgecnn.inspection.assemble import assemble
from edgecnn.inspection.result import Inspection, Runtime, Xnnpack
from edgecnn.inspection.tflite_graph import TFLiteModel, read_tflite
from edgecnn.inspection.xnnpack import taken_by_xnnpack
from edgecnn.spec import Format
from edgecnn.versions import release_numbers


def inspect_tflite(path: Path, content: bytes) -> Inspection:
    """Return what is in a .tflite file. Raises as `inspect_file`."""
    try:
        model = read_tflite(content)
    except FlatbufferError as error:
        raise ArtifactError(f"{path} cannot be inspected: {error}; it is damaged, or not a TFLite model") from error
    delegated, note = taken_by_xnnpack(path)
    listed = tuple(
        replace(
            operation,
            oldest_runtime=tflite_operations.oldest_runtime(operation.type, operation.version),
            on_xnnpack=None if delegated is None else operation.index in delegated,
        )
        for operation in operations(model.graph)
    )
    return assemble(
        path,
        Format.TFLITE,
        model.graph,
        listed,
        producer=model.description,
        versions={"schema": model.version},
        subgraphs=model.subgraphs,
        runtime=_tflite_runtime(model),
        metadata=tuple(sorted(model.metadata)),
        xnnpack=Xnnpack(None if delegated is None else len(delegated), note),
    )


def _tflite_runtime(model: TFLiteModel) -> Runtime:
    """Return the oldest TensorFlow Lite that has all operations of the file, in every subgraph."""
    declared = model.metadata.get("min_runtime_version", b"")[:16].rstrip(b"\0").decode("ascii", "replace")
    newest, because, too_new = "", "", []
    for name, version in model.codes:
        oldest = tflite_operations.oldest_runtime(name, version)
        what = f"{name} version {version}"
        if oldest is None or release_numbers(oldest) > release_numbers(tflite_operations.TFLITE_RUNTIME):
            too_new.append(what)
        if oldest is None:
            newest, because = "unknown", what
        elif newest != "unknown" and (not newest or release_numbers(oldest) > release_numbers(newest)):
            newest, because = oldest, what
    refused = f"tflite-runtime {tflite_operations.TFLITE_RUNTIME}: {', '.join(too_new)}"
    return Runtime(
        "TensorFlow Lite",
        None if newest in ("", "unknown") else newest,
        because,
        declared or None,
        (refused,) if too_new else (),
    )
