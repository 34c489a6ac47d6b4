"""The process that one case runs in: it does what it is told on stdin, and answers on stdout.

Each command and each answer is one line of JSON. Nothing else may reach stdout, so the file descriptor is kept
aside and replaced by stderr before any runtime is imported.

| command | answer |
|---|---|
| `{"do": "load", "path", "backend", "threads", "feeding", "loading", "images"}` | `ready_ns`: when it could, on the \
monotonic clock; `import_ns`, `load_ns`, `first_ns`: of the runtime, the file, the first answer; `bare_bytes`, \
`peak_bytes` |
| `{"do": "classify", "images", "first", "seconds"}` (path of a uint8 .npy) | `classify_ns`, `ranked`: of the images \
from `first` on, for about `seconds` at most; `left`: how many are still to do |
| `{"do": "measure", "warm_up", "count"}` | `samples_ns`: of single calls of `Classifier.predict`, images in turn |
| `{"do": "pace", "fps", "count"}` | `samples_ns`: of calls one a frame, asleep in between; `late`: began a \
frame too late |
| `{"do": "stages", "pictures"}` (paths) | `rows_ns`: durations of `STAGES` for each picture |
| `{"do": "batch", "size", "count"}` | `samples_ns`: of calls with `size` images |
| `{"do": "memory"}` | `resident_bytes`: now |
| `{"do": "rest", "seconds"}` | nothing, so much later |
| `{"do": "feeding"}` | `feeding`: a `Feeding` that says all about a file of another tool |
| `{"do": "profile", "path", "backend", "threads", "peaks"}` | `profile`: of `edgecnn.profiling` |
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from edgecnn.device.memory import peak_memory_bytes, resident_bytes
from edgecnn.errors import EdgecnnError
from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasLoading
from edgecnn.runtime.backend import named_backend
from edgecnn.runtime.classifier import Classifier, Images
from edgecnn.runtime.foreign import feeding_of
from edgecnn.runtime.load import load
from edgecnn.runtime.timing import time_calls
from edgecnn.schema import decode, encode

MEASURED_IMAGES = 64
"""How many different images single calls take in turn."""
PART = 64
"""About how many images are classified before the clock is looked at; a Keras model takes 250 at once."""
RANKED = 5
"""How many of the most probable classes are kept for each image."""


class Worker:
    """The state of one case: the loaded classifier and the images."""

    def __init__(self) -> None:
        self._ready_ns = time.perf_counter_ns()
        self._classifier: Classifier | None = None
        self._images: list[Images] = []
        self._next = 0

    def answer(self, command: dict[str, Any]) -> dict[str, Any]:
        """Carry out one command."""
        actions: dict[str, Callable[..., dict[str, Any]]] = {
            "load": self._load,
            "classify": self._classify,
            "measure": self._measure,
            "pace": self._pace,
            "stages": self._stages,
            "batch": self._batch,
            "memory": self._memory,
            "feeding": self._feeding,
            "rest": self._rest,
            "profile": self._profile,
        }
        return actions[command.pop("do")](**command)

    def _load(
        self, path: str, backend: str, threads: int, *, feeding: dict[str, Any], loading: dict[str, Any], images: str
    ) -> dict[str, Any]:
        how_fed, how_loaded = decode(Feeding, feeding), decode(KerasLoading, loading)
        self._images = list(np.array(np.load(images, mmap_mode="r")[:MEASURED_IMAGES]))
        bare = resident_bytes()
        begin = time.perf_counter_ns()
        named_backend(backend).import_runtime()
        imported = time.perf_counter_ns()
        self._classifier = load(Path(path), threads, backend, feeding=how_fed, loading=how_loaded)
        loaded = time.perf_counter_ns()
        self._classifier.predict(self._images[0])
        return {
            "ready_ns": self._ready_ns,
            "import_ns": imported - begin,
            "load_ns": loaded - imported,
            "first_ns": time.perf_counter_ns() - loaded,
            "bare_bytes": bare,
            "peak_bytes": peak_memory_bytes(),
        }

    def _classify(self, images: str, first: int, seconds: float) -> dict[str, Any]:
        left = np.array(np.load(images, mmap_mode="r")[first:])
        part = self._part(left[0], seconds)
        scores, begin = [], time.perf_counter_ns()
        for start in range(0, len(left), part):
            scores.append(self._loaded.predict(left[start : start + part]))
            classify_ns = time.perf_counter_ns() - begin
            if classify_ns > seconds * 1e9:
                break
        ranked = np.argsort(-np.concatenate(scores), axis=1, kind="stable")[:, :RANKED]
        return {"classify_ns": classify_ns, "ranked": ranked.tolist(), "left": len(left) - len(ranked)}

    def _part(self, image: Images, seconds: float) -> int:
        """Return how many images to classify before the clock is looked at: whole batches, in less than `seconds`."""
        batch = self._loaded.contract.input.shape[0]
        whole = max(1, PART // batch) * batch
        (one_ns,) = time_calls(self._loaded.predict, [image])
        return max(1, min(whole, int(seconds * 1e9 / one_ns)))

    def _measure(self, warm_up: int, count: int) -> dict[str, Any]:
        samples = time_calls(self._loaded.predict, self._take(warm_up + count))
        return {"samples_ns": samples[warm_up:]}

    def _pace(self, fps: float, count: int) -> dict[str, Any]:
        predict, clock, due = self._loaded.predict, time.perf_counter_ns, time.perf_counter()
        samples, late = [], 0
        for image in self._take(count):
            due += 1 / fps
            late += time.perf_counter() > due + 1 / fps
            time.sleep(max(0.0, due - time.perf_counter()))
            begin = clock()
            predict(image)
            samples.append(clock() - begin)
        return {"samples_ns": samples, "late": late}

    def _stages(self, pictures: list[str]) -> dict[str, Any]:
        encoded = [Path(picture).read_bytes() for picture in pictures]
        self._through_stages(encoded[0])  # which imports the decoder
        return {"rows_ns": [self._through_stages(content) for content in encoded]}

    def _through_stages(self, content: bytes) -> list[int]:
        from edgecnn.preprocess import decode as decode_picture
        from edgecnn.preprocess import fit_picture

        classifier, clock = self._loaded, time.perf_counter_ns
        encode, run, to_probabilities = classifier.steps
        times = [clock()]
        picture = decode_picture(BytesIO(content), classifier.shape[2])
        times.append(clock())
        pixels = fit_picture(picture, classifier.shape, classifier.contract.preprocessing)
        times.append(clock())
        tensor = encode(pixels[None])
        times.append(clock())
        raw = run(tensor)
        times.append(clock())
        to_probabilities(raw)
        times.append(clock())
        return np.diff(times).tolist()

    def _batch(self, size: int, count: int) -> dict[str, Any]:
        batches = [np.stack(self._take(size)) for _ in range(count)]
        return {"samples_ns": time_calls(self._loaded.predict, batches)}

    def _memory(self) -> dict[str, Any]:
        return {"resident_bytes": resident_bytes()}

    def _rest(self, seconds: float) -> dict[str, Any]:
        time.sleep(seconds)
        return {}

    def _feeding(self) -> dict[str, Any]:
        return {"feeding": encode(feeding_of(self._loaded.contract))}

    def _profile(self, path: str, backend: str, threads: int, peaks: dict[str, Any] | None) -> dict[str, Any]:
        from edgecnn.profiling.profile import profile
        from edgecnn.profiling.result import Peaks

        known = None if peaks is None else decode(Peaks, peaks)
        contract = self._loaded.contract
        found = profile(path, backend, threads, np.stack(self._images), contract=contract, peaks=known)
        return {"profile": encode(found)}

    @property
    def _loaded(self) -> Classifier:
        assert self._classifier is not None
        return self._classifier

    def _take(self, count: int) -> list[Images]:
        """Return the next images in turn."""
        first, self._next = self._next, self._next + count
        return [self._images[(first + index) % len(self._images)] for index in range(count)]


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
