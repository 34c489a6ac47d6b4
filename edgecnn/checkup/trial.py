"""What the process does that tries what may crash it. An answer is None, or what went wrong in one line."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edgecnn.errors import EdgecnnError, first_line
from edgecnn.isolated.messages import Handlers, Request
from edgecnn.progress import Progress

TRIALS = f"{__name__}:handlers"

TrialRequest = Request[str | None]


@dataclass(frozen=True, slots=True)
class ImportModule(Request[str | None]):
    """Import a module."""

    name: str


@dataclass(frozen=True, slots=True)
class ImportRuntime(Request[str | None]):
    """Import the runtime of a backend, which sends nothing to anybody."""

    backend: str


@dataclass(frozen=True, slots=True)
class RunModel(Request[str | None]):
    """Load a model file on a backend and let it classify a black picture."""

    backend: str
    path: str


def handlers(_: Progress) -> Handlers:
    """Return what this process tries."""
    return {
        ImportModule: lambda request: _attempt(lambda: importlib.import_module(request.name)),
        ImportRuntime: lambda request: _attempt(lambda: _import_runtime(request.backend)),
        RunModel: lambda request: _attempt(lambda: _classify_black(request)),
    }


def _import_runtime(backend: str) -> None:
    from edgecnn.runtime.lookup import named_backend

    named_backend(backend).import_runtime()


def _classify_black(request: RunModel) -> None:
    import numpy as np

    from edgecnn.runtime.load import load

    classifier = load(Path(request.path), backend=request.backend)
    classifier.predict(np.zeros(classifier.shape, np.uint8))


def _attempt(action: Callable[[], object]) -> str | None:
    try:
        action()
    except EdgecnnError as error:
        return str(error)
    except Exception as error:  # packages raise whatever they like when they are imported
        return f"{type(error).__name__}: {first_line(error)}"
    return None
