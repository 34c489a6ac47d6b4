"""Find the layer that crashes a conversion by converting parts of the model in separate processes."""

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
    """A layer that crashes an export, and the format in which it does; None if calling the model itself crashes."""

    layer: str
    format: Format | None


def find_suspect(export: ExportRequest, environment: Mapping[str, str], progress: Progress = silent) -> Suspect | None:
    """Return the first layer that crashes an export; None if no layer is found.

    Args:
        export: the export that crashed.
        environment: variables to add to the environment of the processes.
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

    culprit = first_crashing(layers, crashes)
    return None if culprit is None else Suspect(culprit.name, file_format)


def first_crashing(layers: Sequence[LayerInGraph], crashes: Callable[[LayerInGraph], bool]) -> LayerInGraph | None:
    """Return a layer at which a model crashes though it does not at any of its inputs; None if there is none.

    Args:
        layers: each after its inputs; the model with all of them crashes.
        crashes: whether the model crashes when it is cut off after a layer.
    """
    low, high = 0, len(layers)
    while low < high:  # in a chain, every cut from the culprit on crashes
        middle = (low + high) // 2
        low, high = (low, middle) if crashes(layers[middle]) else (middle + 1, high)
    if low == len(layers):
        return None
    sources = [layer for layer in layers[:low] if layer.name in layers[low].sources]
    for source in sources:  # in a branch other than the bisected one
        if crashes(source):
            return first_crashing(layers[: layers.index(source) + 1], crashes)
    return layers[low]


class _Trials:
    """Asks a child process, and starts a new one after a crash; leaving the context ends the last."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._child: Child | None = None

    def ask(self, request: Request[Answer], progress: Progress = silent) -> Answer:
        if self._child is None:
            self._child = Child(TRIALS, environment=self._environment)
        try:
            return self._child.ask(request, progress)
        except ChildError:
            self._child = None  # it has ended
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
