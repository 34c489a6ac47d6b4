"""Keep only the operator sets that the file needs from its runtime."""

from __future__ import annotations

from typing import Any


def drop_unused_opsets(model: Any) -> bool:
    """Keep the imports of the operator sets that nodes use, each once."""
    before = len(model.opset_import)
    used = {node.domain for node in model.graph.node} | {""}
    kept = {entry.domain: entry for entry in model.opset_import if entry.domain in used}
    entries = [(domain, entry.version) for domain, entry in kept.items()]
    del model.opset_import[:]
    for domain, version in entries:
        entry = model.opset_import.add()
        entry.domain, entry.version = domain, version
    return len(model.opset_import) != before
