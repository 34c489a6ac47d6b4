"""The served models: loaded, timed, and called so that no other request waits long."""

from __future__ import annotations

import asyncio
import collections
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgecnn.artifact import open_folder
from edgecnn.errors import ArtifactError, BackendError
from edgecnn.runtime.classifier import Classifier, Images, Probabilities
from edgecnn.runtime.load import format_of, load
from edgecnn.runtime.lookup import find_backend
from edgecnn.spec import Format

VERSION = "1"
"""The Open Inference Protocol has model versions; a file has only this one."""

_BLOCKING_SECONDS = 0.005
"""The longest that one request may occupy the event loop; others are served in between."""

_WARM_UPS = 5


@dataclass(frozen=True, slots=True)
class ServedModel:
    """One loaded artifact.

    Attributes:
        name: in URLs.
        backend: the runtime's name.
        chunk: images classified at once.
        worker: the thread that runs a slow model; None for a fast one, which the event loop runs itself, because
            handing 50 µs of work to a thread and back costs more than the work.
    """

    name: str
    backend: str
    classifier: Classifier
    chunk: int
    worker: ThreadPoolExecutor | None

    async def predict(self, images: Images) -> Probabilities:
        """Return float32 probabilities, (N, classes), for uint8 images, (N, H, W, C).

        No two calls share a runtime session at once: the event loop and the worker are one thread each.
        """
        parts = []
        for start in range(0, len(images), self.chunk):
            part = images[start : start + self.chunk]
            if self.worker is not None:
                parts.append(await asyncio.get_running_loop().run_in_executor(self.worker, self._predict, part))
                continue
            if start:
                await asyncio.sleep(0)
            parts.append(self._predict(part))
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _predict(self, images: Images) -> Probabilities:
        if len(images) == 1:
            return self.classifier.predict(images[0])[None]  # the classifier's fast path
        return self.classifier.predict(images)


Models = dict[str, ServedModel]
"""The models by name, in the order given; the first one is the default."""


def load_models(paths: Iterable[Path], backend: str | None = None, threads: int = 1) -> tuple[Models, tuple[str, ...]]:
    """Return the models in files and export folders, and one sentence for each file left out.

    A model's name is its file's name without the suffix, or with it where a .tflite and an .onnx file share the rest.

    Raises:
        ArtifactError, ContractError, BackendError: a file cannot be used; two files have one name.
    """
    files: list[Path] = []
    optional: set[Path] = set()
    for path in paths:
        listed = [artifact.path for artifact in open_folder(path).artifacts] if path.is_dir() else [path]
        files += [file for file in listed if file not in files]
        optional |= set(listed) if path.is_dir() else set()
    models: Models = {}
    left_out = []
    for name, file in _named(files):
        try:
            models[name] = _load(name, file, backend, threads)
        except BackendError as error:
            if file not in optional:
                raise
            left_out.append(f"{file.name} is not served: {error}")
    if not models:
        raise BackendError(f"nothing to serve; {left_out[0] if left_out else 'no folder has an artifact in it'}")
    return models, tuple(left_out)


def _named(files: list[Path]) -> list[tuple[str, Path]]:
    stems = collections.Counter(file.stem for file in files)
    named = [(file.stem if stems[file.stem] == 1 else file.name, file) for file in files]
    for name, count in collections.Counter(name for name, _ in named).items():
        if count > 1:
            raise ArtifactError(
                f"{count} files are named {name}; rename them: the file name is the model's name in URLs"
            )
    return named


def _load(name: str, file: Path, backend: str | None, threads: int) -> ServedModel:
    file_format = format_of(file)
    if file_format is Format.KERAS:
        raise ArtifactError(f"{file} is not an artifact; export it first: `edgecnn export {file}`")
    runtime = find_backend(file_format, backend).name
    classifier = load(file, threads, runtime)
    seconds = _seconds_an_image(classifier)
    chunk = max(1, int(_BLOCKING_SECONDS / seconds))
    worker = ThreadPoolExecutor(1, f"inference {name}") if seconds > _BLOCKING_SECONDS else None
    return ServedModel(name, runtime, classifier, chunk, worker)


def _seconds_an_image(classifier: Classifier) -> float:
    """Return the shortest of a few calls; this excludes the first ones, which set up the runtime."""
    image = np.zeros(classifier.shape, np.uint8)
    samples = []
    for _ in range(_WARM_UPS):
        begin = time.perf_counter()
        classifier.predict(image)
        samples.append(time.perf_counter() - begin)
    return max(min(samples), 1e-6)
