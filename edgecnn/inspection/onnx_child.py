"""The process that reads an .onnx file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgecnn.inspection.account import operations
from edgecnn.inspection.assemble import assemble
from edgecnn.inspection.child import parse
from edgecnn.inspection.onnx_graph import read_onnx
from edgecnn.inspection.onnx_runtimes import oldest_runtime
from edgecnn.inspection.result import Inspection, Runtime
from edgecnn.isolated.messages import Handlers, Request
from edgecnn.progress import Progress
from edgecnn.spec import Format

ONNX_PARSER = f"{__name__}:handlers"


@dataclass(frozen=True, slots=True)
class InspectOnnx(Request[Inspection]):
    """The inspection of the .onnx file at `path`, without its contract."""

    path: str


def handlers(_: Progress) -> Handlers:
    """Return the request handlers of this process."""
    return {InspectOnnx: lambda request: parse(_inspect, request.path)}


def _inspect(path: Path) -> Inspection:
    model = read_onnx(path.read_bytes())
    oldest, because = oldest_runtime(model.versions)
    return assemble(
        path,
        Format.ONNX,
        model.graph,
        operations(model.graph),
        producer=model.producer,
        versions=model.versions,
        subgraphs=1,
        runtime=Runtime("ONNX Runtime", oldest, because),
        metadata=model.metadata,
    )
