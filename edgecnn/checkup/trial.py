"""The process that tries what may crash it: a program, run by `child.py`. One line of JSON for each thing tried."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from edgecnn.errors import EdgecnnError, first_line


def try_imports(modules: Sequence[str]) -> Iterator[str | None]:
    """Yield, for each module, None or why it cannot be imported."""
    for module in modules:
        yield _attempt(lambda module=module: importlib.import_module(module))  # type: ignore[misc]


def try_runtimes(names: Sequence[str]) -> Iterator[str | None]:
    """Yield, for each backend, None or why its runtime cannot be imported; the runtimes send nothing."""
    from edgecnn.runtime.backend import named_backend

    for name in names:
        yield _attempt(named_backend(name).import_runtime)


def try_loading(arguments: Sequence[str]) -> Iterator[str | None]:
    """Yield, for each model file, None or why a runtime cannot run it; the first argument names the backend."""
    import numpy as np

    from edgecnn.runtime.load import load

    backend, *paths = arguments

    def classify_black(path: str) -> None:
        classifier = load(Path(path), backend=backend)
        classifier.predict(np.zeros(classifier.shape, np.uint8))

    for path in paths:
        yield _attempt(lambda path=path: classify_black(path))  # type: ignore[misc]


VERBS = {"import": try_imports, "runtime": try_runtimes, "load": try_loading}


def _attempt(action: Callable[[], object]) -> str | None:
    try:
        action()
    except EdgecnnError as error:
        return str(error)
    except Exception as error:  # packages raise whatever they like when they are imported
        return f"{type(error).__name__}: {first_line(error)}"
    return None


def main() -> None:
    """Answer on stdout; what the packages print goes to stderr."""
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        for said in VERBS[sys.argv[1]](sys.argv[2:]):
            answers.write(json.dumps(said) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
