"""Keras layer names, recovered from the names that converters give tensors and nodes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from edgecnn.inspection.graph import LONGEST_NAME

_CALL = re.compile(r"_\d+$")
_ENDINGS = re.compile(r"(:\d+)?(_scaled)?(_quantized|_QuantizeLinear|_DequantizeLinear)?(_(Input|Output))?$")
_READ = "/ReadVariableOp"


def layer_names(names: Sequence[str]) -> list[str]:
    """Return the layer for each name of a node or of its output.

    Keras writes "model/layer/Operation", and edgecnn "layer/Operation"; converters join the names of what was fused
    with ";", of which the first counts. So the outermost scope is the model's where all names share it. When a model
    was traced before, Keras appends the same "_1" to its name and to all its layers' names; that goes. A name of
    another form is returned without what the converters appended.
    """
    names = [name[:LONGEST_NAME] for name in names]
    scopes = [_scope(name) for name in names]
    roots = {scope[0] for scope in scopes if scope}
    inside = [scope[1:] for scope in scopes if len(scope) > 1]
    has_root = len(roots) == 1 and bool(inside)
    called = _CALL.search(min(roots)) if has_root else None
    again = called[0] if called and all(layers[0].endswith(called[0]) for layers in inside) else ""
    return [
        "/".join(part.removesuffix(again) for part in scope[has_root:]) if len(scope) > has_root else _plain(name)
        for scope, name in zip(scopes, names, strict=True)
    ]


def _plain(name: str) -> str:
    return _ENDINGS.sub("", name)


def _scope(name: str) -> tuple[str, ...]:
    """Return the scopes around an operation: the model, then its layers; of a weight, those around its user."""
    first = name.partition(";")[0].partition(_READ)[0]
    return tuple(first.split("/")[:-1])
