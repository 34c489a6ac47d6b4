"""Which operations LiteRT's default delegate, XNNPACK, takes: the interpreter is built and asked, there is no list.

It is asked in a process of its own, because LiteRT trusts the files that it loads.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgecnn.errors import ArtifactError
from edgecnn.inspection.child import parse, parse_in_child
from edgecnn.isolated.messages import Handlers, Request
from edgecnn.progress import Progress
from edgecnn.versions import installed_version

_DELEGATE = "DELEGATE"


@dataclass(frozen=True, slots=True)
class FindDelegated(Request[tuple[int, ...]]):
    """The indices of the operations in the .tflite file at `path` that LiteRT's default delegates replace."""

    path: str


def handlers(_: Progress) -> Handlers:
    """Return the request handlers of the process with LiteRT."""
    return {FindDelegated: lambda request: parse(_find_delegated, request.path)}


def taken_by_xnnpack(path: Path) -> tuple[tuple[int, ...] | None, str]:
    """Return the indices of the operations that XNNPACK takes here, and LiteRT's version.

    None, and the reason, where LiteRT is not installed or does not load the file.
    """
    version = installed_version("ai-edge-litert")
    if version is None:
        return None, "unknown without LiteRT: pip install 'edgecnn[litert]'"
    try:
        return parse_in_child(f"{__name__}:handlers", FindDelegated(str(path)), path), f"LiteRT {version}"
    except ArtifactError as error:
        return None, f"unknown, because LiteRT {version} does not load the file: {error}"


def _find_delegated(path: Path) -> list[int]:
    from ai_edge_litert.interpreter import Interpreter

    return delegated(Interpreter(model_path=str(path)))


def delegated(interpreter: Any) -> list[int]:
    """Return the indices of the operations that delegates replaced in an interpreter of any TFLite runtime.

    A delegate appears as one more node, whose inputs and outputs are those of the part of the graph that it took: all
    that lies between is found by going back from its outputs.
    """
    interpreter.allocate_tensors()
    nodes: list[dict[str, Any]] = interpreter._get_ops_details()  # noqa: SLF001  # there is no public way to see nodes
    makers = {int(key): node for node in nodes if node["op_name"] != _DELEGATE for key in node["outputs"]}
    replaced: set[int] = set()
    for delegate in (node for node in nodes if node["op_name"] == _DELEGATE):
        inputs = {int(key) for key in delegate["inputs"]}
        pending = [int(key) for key in delegate["outputs"]]
        while pending:
            key = pending.pop()
            if key in inputs or key not in makers or makers[key]["index"] in replaced:
                continue
            replaced.add(int(makers[key]["index"]))
            pending += (int(key) for key in makers[key]["inputs"])
    return sorted(replaced)
