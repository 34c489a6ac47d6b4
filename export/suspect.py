"""Finding the layer that crashes a conversion: parts of the model are converted in processes of their own."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from edgecnn.errors import EdgecnnError
from edgecnn.export.keras.cut import LayerInGraph
from edgecnn.export.request import ExportRequest
from edgecnn.export.trial import TRIALS, CallLayers, ConvertPart
from edgecnn.isolated.child import Child
from edgecnn.isolated.failure import ChildError
from edgecnn.isolated.messages import Answer, Request
from edgecnn.progress import Progress, silent
from edgecnn.spec import Format

STEP = "looking for the layer that crashes it"


@dataclass(frozen=True, slots=True)
class Suspect:
    """A layer that crashes an export, and the format in which it does; None where the model itself crashes."""

    layer: str
    format: Format | None


def find_suspect(export: ExportRequest, environment: Mapping[str, str], progress: Progress = silent) -> Suspect | None:
    """Return the first layer that crashes an export; None if none is found that does.

    Args:
        export: what crashed.
        environment: variables that are added for the processes.
        progress: called with steps.
    """
    called: list[str] = []
    with _Trials(environment) as trials:
        progress(STEP, 0, None)
        try:
            layers = trials.ask(CallLayers(export), lambda layer, *_: called.append(layer))
        except ChildError as error:
            return Suspect(called[-1], None) if called and error.is_crash else None
        except EdgecnnError:
            return None
        for file_format in export.spec.formats:
            if trials.crashes(ConvertPart(export, file_format)):
                return _first_in(file_format, export, layers, trials, progress)
    return None


def _first_in(
    file_format: Format, export: ExportRequest, layers: Sequence[LayerInGraph], trials: _Trials, progress: Progress
) -> Suspect | None:
    @functools.cache
    def crashes(layer: LayerInGraph) -> bool:
        progress(STEP, 0, None, layer.name)
        return trials.crashes(ConvertPart(export, file_format, layer.end))

    found = first_crashing(layers, crashes)
    return None if found is None else Suspect(found.name, file_format)


def first_crashing(layers: Sequence[LayerInGraph], crashes: Callable[[LayerInGraph], bool]) -> LayerInGraph | None:
    """Return a layer up to which a model crashes, but not up to any of those that it takes from; None if none does.

    Args:
        layers: each after those that it takes from; a model of all of them crashes.
        crashes: whether the model does, cut off behind a layer.
    """
    low, high = 0, len(layers)
    while low < high:  # in a chain, all from the culprit on crash
        middle = (low + high) // 2
        low, high = (low, middle) if crashes(layers[middle]) else (middle + 1, high)
    if low == len(layers):
        return None
    sources = [layer for layer in layers[:low] if layer.name in layers[low].sources]
    for source in sources:  # in another branch than the one that was bisected
        if crashes(source):
            return first_crashing(layers[: layers.index(source) + 1], crashes)
    return layers[low]


class _Trials:
    """Asks a child, and starts another after one that crashed; leaving it ends the last."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._child: Child | None = None

    def ask(self, request: Request[Answer], progress: Progress = silent) -> Answer:
        if self._child is None:
            self._child = Child(TRIALS, environment=self._environment)
        try:
            return self._child.ask(request, progress)
        except ChildError:
            self._child = None  # it has been ended
            raise

    def crashes(self, request: Request[None]) -> bool:
        try:
            self.ask(request)
        except ChildError as error:
            return error.is_crash
        except EdgecnnError:
            return False
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._child is not None:
            self._child.close()
