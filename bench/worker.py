"""The process that one case runs in: it does what it is told on stdin, and answers on stdout.

Each command and each answer is one line of JSON. Nothing else may reach stdout, so the file descriptor is kept
aside and replaced by stderr before any runtime is imported.

| command | answer |
|---|---|
| `{"do": "load", "path", "backend", "threads", "keras"}` | `import_ns`, `load_ns`: of the runtime, of the file |
| `{"do": "classify", "images"}` (path of a uint8 .npy) | `first_ns`: of the first; `peak_bytes`: of memory, after \
that; `classify_ns`, `answers`: of all in one call |
| `{"do": "measure", "warm_up", "count"}` | `samples_ns`: of single calls of `Classifier.predict`, images in turn |
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from edgecnn.contract import KerasOptions
from edgecnn.device.machine import peak_memory_bytes
from edgecnn.errors import EdgecnnError
from edgecnn.runtime.backend import BACKENDS
from edgecnn.runtime.classifier import Classifier, Images
from edgecnn.runtime.load import load
from edgecnn.runtime.timing import time_calls
from edgecnn.schema import decode

MEASURED_IMAGES = 64
"""How many different images single calls take in turn."""


class Worker:
    """The state of one case: the loaded classifier and the images."""

    def __init__(self) -> None:
        self._classifier: Classifier | None = None
        self._images: Images | None = None
        self._next = 0

    def answer(self, command: dict[str, Any]) -> dict[str, Any]:
        """Carry out one command."""
        actions: dict[str, Callable[..., dict[str, Any]]] = {
            "load": self._load,
            "classify": self._classify,
            "measure": self._measure,
        }
        return actions[command.pop("do")](**command)

    def _load(self, path: str, backend: str, threads: int, keras: dict[str, Any]) -> dict[str, Any]:
        begin = time.perf_counter_ns()
        importlib.import_module(BACKENDS[backend].module)
        imported = time.perf_counter_ns()
        self._classifier = load(Path(path), threads, backend, keras=decode(KerasOptions, keras))
        return {"import_ns": imported - begin, "load_ns": time.perf_counter_ns() - imported}

    def _classify(self, images: str) -> dict[str, Any]:
        assert self._classifier is not None
        stored = np.load(images, mmap_mode="r")
        self._images = np.array(stored[:MEASURED_IMAGES])
        begin = time.perf_counter_ns()
        self._classifier.predict(self._images[0])
        first_ns = time.perf_counter_ns() - begin
        peak = peak_memory_bytes()  # before all images are in memory, which no use of the model asks for
        everything = np.array(stored)
        begin = time.perf_counter_ns()
        scores = self._classifier.predict(everything)
        classify_ns = time.perf_counter_ns() - begin
        answers = scores.argmax(axis=1).tolist()
        return {"first_ns": first_ns, "classify_ns": classify_ns, "answers": answers, "peak_bytes": peak}

    def _measure(self, warm_up: int, count: int) -> dict[str, Any]:
        assert self._classifier is not None
        assert self._images is not None
        images = list(self._images)
        order = [images[(self._next + index) % len(images)] for index in range(warm_up + count)]
        self._next += warm_up + count
        samples = time_calls(self._classifier.predict, order)
        return {"samples_ns": samples[warm_up:]}


def main() -> None:
    """Serve commands until stdin ends."""
    with os.fdopen(os.dup(1), "w") as replies:
        os.dup2(2, 1)
        worker = Worker()
        for line in sys.stdin:
            try:
                reply = worker.answer(json.loads(line))
            except EdgecnnError as error:
                reply = {"error": str(error)}
            except Exception as error:
                reply = {"error": f"{type(error).__name__}: {error}"}
            replies.write(json.dumps(reply) + "\n")
            replies.flush()


if __name__ == "__main__":
    main()
