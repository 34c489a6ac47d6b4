"""The process that runs one case: it loads the case and answers requests (see `requests.py`)."""

from __future__ import annotations

import time
from io import BytesIO
from pathlib import Path

import numpy as np

from edgecnn.bench.requests import (
    Classified,
    Classify,
    Load,
    Loaded,
    PacedCalls,
    ProfileCase,
    ReadFeeding,
    ReadMemory,
    Rest,
    TimeBatches,
    TimeCalls,
    TimePacedCalls,
    TimeStages,
)
from edgecnn.device.memory import peak_memory_bytes, resident_bytes
from edgecnn.isolated.messages import Handlers
from edgecnn.profiling.result import Profile
from edgecnn.progress import Progress
from edgecnn.runtime.classifier import Classifier, Images
from edgecnn.runtime.foreign import feeding_of
from edgecnn.runtime.load import load
from edgecnn.runtime.lookup import named_backend
from edgecnn.runtime.timing import time_calls

MEASURED_IMAGES = 64
"""How many different images single calls use in turn."""
PART = 64
"""About how many images are classified between checks of the clock; a Keras model takes 250 at once."""


def handlers(_: Progress) -> Handlers:
    """Return a worker's answer."""
    return Worker().handlers()


class Worker:
    """The state of one case: the loaded classifier and the images."""

    def __init__(self) -> None:
        self._ready_ns = time.perf_counter_ns()
        self._classifier: Classifier | None = None
        self._images: list[Images] = []
        self._next = 0

    def handlers(self) -> Handlers:
        """Return the handler of each type of request."""
        return {
            Load: self._load,
            Classify: self._classify,
            TimeCalls: self._time_calls,
            TimePacedCalls: self._time_paced_calls,
            TimeStages: self._time_stages,
            TimeBatches: self._time_batches,
            ReadMemory: lambda _: resident_bytes(),
            ReadFeeding: lambda _: feeding_of(self._loaded.contract),
            Rest: lambda request: time.sleep(request.seconds),
            ProfileCase: self._profile,
        }

    def _load(self, request: Load) -> Loaded:
        case = request.case
        self._images = list(np.array(np.load(request.images, mmap_mode="r")[:MEASURED_IMAGES]))
        bare = resident_bytes()
        begin = time.perf_counter_ns()
        named_backend(case.backend).import_runtime()
        imported = time.perf_counter_ns()
        self._classifier = load(Path(case.path), case.threads, case.backend, feeding=case.feeding, loading=case.loading)
        loaded = time.perf_counter_ns()
        self._classifier.predict(self._images[0])
        return Loaded(
            ready_ns=self._ready_ns,
            import_ns=imported - begin,
            load_ns=loaded - imported,
            first_ns=time.perf_counter_ns() - loaded,
            bare_bytes=bare,
            peak_bytes=peak_memory_bytes(),
        )

    def _classify(self, request: Classify) -> Classified:
        left = np.array(np.load(request.images, mmap_mode="r")[request.first :])
        part = self._part(left[0], request.seconds)
        scores, begin = [], time.perf_counter_ns()
        for start in range(0, len(left), part):
            scores.append(self._loaded.predict(left[start : start + part]))
            classify_ns = time.perf_counter_ns() - begin
            if classify_ns > request.seconds * 1e9:
                break
        kept = self._loaded.task.keep(np.concatenate(scores))
        return Classified(classify_ns, tuple(map(tuple, kept)), len(left) - len(kept))

    def _part(self, image: Images, seconds: float) -> int:
        """Return how many images to classify before the next clock check: full batches, in less than `seconds`."""
        batch = self._loaded.contract.input.shape[0]
        whole = max(1, PART // batch) * batch
        (one_ns,) = time_calls(self._loaded.predict, [image])
        return max(1, min(whole, int(seconds * 1e9 / one_ns)))

    def _time_calls(self, request: TimeCalls) -> tuple[int, ...]:
        samples = time_calls(self._loaded.predict, self._take(request.warm_up + request.count))
        return tuple(samples[request.warm_up :])

    def _time_paced_calls(self, request: TimePacedCalls) -> PacedCalls:
        predict, clock, due = self._loaded.predict, time.perf_counter_ns, time.perf_counter()
        interval, samples, late = 1 / request.fps, [], 0
        for image in self._take(request.count):
            due += interval
            late += time.perf_counter() > due + interval
            time.sleep(max(0.0, due - time.perf_counter()))
            begin = clock()
            predict(image)
            samples.append(clock() - begin)
        return PacedCalls(tuple(samples), late)

    def _time_stages(self, request: TimeStages) -> tuple[tuple[int, ...], ...]:
        encoded = [Path(picture).read_bytes() for picture in request.pictures]
        self._through_stages(encoded[0])  # which imports the decoder
        return tuple(self._through_stages(content) for content in encoded)

    def _time_batches(self, request: TimeBatches) -> tuple[int, ...]:
        batches = [np.stack(self._take(request.size)) for _ in range(request.count)]
        return tuple(time_calls(self._loaded.predict, batches))

    def _profile(self, request: ProfileCase) -> Profile:
        from edgecnn.profiling.profile import profile

        case = request.case
        images, contract = np.stack(self._images), self._loaded.contract
        return profile(case.path, case.backend, case.threads, images, contract=contract, peaks=request.peaks)

    def _through_stages(self, content: bytes) -> tuple[int, ...]:
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
        return tuple(np.diff(times).tolist())

    @property
    def _loaded(self) -> Classifier:
        assert self._classifier is not None
        return self._classifier

    def _take(self, count: int) -> list[Images]:
        """Return the next images in turn."""
        first, self._next = self._next, self._next + count
        return [self._images[(first + index) % len(self._images)] for index in range(count)]
