"""Names inside a graph or a converted file, mapped back to the Keras layers they come from.

Keras opens two name scopes at each call of a layer, one to build it and one to compute, and TensorFlow numbers the
second: what layer `conv` of `model` computes is traced as `model_1/conv_1/…`, and at the second call of a shared layer
as `model_1/conv_3/…`. An export names the nodes after their layers, `conv/…`, before any converter sees them; the
converters join the names of what they fuse with ";".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from edgecnn.errors import ExportError, nearest

_NUMBER = re.compile(r"_\d+$")


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers of a Keras model by name.

    Attributes:
        root: name of the model.
        names: of all layers that compute, in the model's order; one inside a nested model is "nested/layer".
        weighted: those among them with a kernel: operations fused with one of these take its name.
        output: the layer that produces the model's output.
    """

    root: str
    names: tuple[str, ...]
    weighted: frozenset[str] = frozenset()
    output: str | None = None

    def find(self, *names: str) -> str | None:
        """Return the layer that tensors or nodes of an exported file come from; None if their names show none.

        Of several fused layers, it is the first with a kernel, else the first.
        """
        found = [layer for name in names for part in name.split(";") if (layer := self._named(part.split("/")))]
        return next((layer for layer in found if layer in self.weighted), found[0] if found else None)

    def find_traced(self, name: str) -> str | None:
        """Return the layer that a node of a traced graph comes from; None if its name shows none."""
        known = frozenset(part for name in self.names for part in name.split("/"))
        scopes = name.split("/")
        if self.root in (scopes[0], _NUMBER.sub("", scopes[0])):
            scopes = scopes[1:]
        return self._named([_layer_of_scope(scope, known) for scope in scopes])

    def check(self, wanted: tuple[str, ...]) -> None:
        """Raise `ExportError` if one of the layers is not in the model."""
        for name in wanted:
            if name not in self.names:
                raise ExportError(f"{self.root} has no layer {name!r}{nearest(name, self.names)}")

    def _named(self, scopes: list[str]) -> str | None:
        """Return the innermost layer whose path occurs in the scopes, in order."""
        matching = [known for known in self.names if _is_within(known.split("/"), scopes)]
        return max(matching, key=lambda known: known.count("/"), default=None)


def layers_of(model: Any) -> Layers:
    """Return the layers of a Keras model."""
    found = list(_walk(model, ""))
    outputs = getattr(model, "outputs", None)  # a subclassed model has none
    history = getattr(outputs[0], "_keras_history", None) if outputs else None
    maker = None if history is None else history.operation.name
    names = tuple(name for name, _ in found)
    return Layers(
        model.name,
        names,
        frozenset(name for name, layer in found if getattr(layer, "kernel", None) is not None),
        next((name for name in reversed(names) if name == maker or name.startswith(f"{maker}/")), None),
    )


def _walk(model: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from _walk(layer, f"{prefix}{layer.name}/")
        elif type(layer).__name__ != "InputLayer":
            yield f"{prefix}{layer.name}", layer


def _is_within(path: list[str], scopes: list[str]) -> bool:
    """Whether the names of `path` occur in the scopes, in order."""
    remaining = iter(scopes)
    return all(name in remaining for name in path)


def _layer_of_scope(scope: str, known: frozenset[str]) -> str:
    """Return the layer's name without the number that TensorFlow appended.

    "conv_1" is the scope of layer "conv" if there is one, even if another layer is called "conv_1": that one's
    is "conv_1_1".
    """
    bare = _NUMBER.sub("", scope)
    return bare if bare in known else scope
