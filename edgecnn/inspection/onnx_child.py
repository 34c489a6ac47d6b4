"""The process that reads an .onnx file: a program, run by `child.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgecnn.inspection.account import operations
from edgecnn.inspection.child import answer
from edgecnn.inspection.inspect import assemble
from edgecnn.inspection.onnx_graph import read_onnx
from edgecnn.inspection.onnx_runtimes import oldest_runtime
from edgecnn.inspection.result import Runtime
from edgecnn.schema import encode
from edgecnn.spec import Format


def find_all(path: Path) -> Any:
    """Return the inspection of an .onnx file, encoded, without its contract."""
    model = read_onnx(path.read_bytes())
    oldest, because = oldest_runtime(model.versions)
    return encode(
        assemble(
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
    )


if __name__ == "__main__":
    answer(find_all)
