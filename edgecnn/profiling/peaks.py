"""Peak rates of this machine: multiply-accumulates per second in one runtime, and bytes per second."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from edgecnn.errors import BackendError, first_line
from edgecnn.profiling import onnx_model, tflite_model
from edgecnn.profiling.convolution import SHAPES, Convolutions, Write
from edgecnn.profiling.result import Copy, Peak, Peaks
from edgecnn.profiling.turns import Call, time_in_turns
from edgecnn.progress import Progress, silent
from edgecnn.runtime.backend import BACKENDS
from edgecnn.runtime.ort import PROVIDER, session_options
from edgecnn.runtime.timing import time_calls

SECONDS = 1.0
_FIRST_CALLS = 4
_FINALISTS = 4
_COPY_SIZES = tuple(4**power * 2**18 for power in range(5))
"""From what a second-level cache holds to 64 MiB, which no cache does of a machine that edgecnn is for."""
_LEAST_COPIED_BYTES = 64 * 2**20
_TRIES = 8

Bytes = npt.NDArray[np.uint8]


def measure_peaks(backend: str, threads: int, progress: Progress = silent) -> Peaks:
    """Return the best rates of a few large convolutions in float32 and int8, and of copying memory.

    Each convolution is a model file made here, run by the runtime that is measured. Those that are fastest in a few
    calls are then run by turns; the rate of each is that of its fastest turn, because a peak is what is reached when
    nothing disturbs, and the fastest of all counts. Takes about two seconds, longer on slow machines.

    Args:
        backend: "litert", "tflite-runtime" or "onnxruntime".
        threads: for one inference, and for the copy.

    Raises:
        BackendError: not one of these, not installed, or it refuses what it is given.
    """
    kinds, write, prepare = _maker(backend)
    progress("peaks", 0, 1)
    tried = [Convolutions(*shape, dtype) for dtype in kinds for shape in SHAPES]
    try:
        calls = {one: prepare(write(one), one.image(), threads) for one in tried}
        first = {one: one.macs / min(time_calls(call, [0] * _FIRST_CALLS)) for one, call in calls.items()}
        chosen = [one for is_integer in (False, True) for one in _fastest(first, is_integer=is_integer)]
        times = time_in_turns([calls[one] for one in chosen], SECONDS)
    except Exception as error:  # runtimes raise errors of any type
        raise BackendError(f"{backend} refuses a convolution: {first_line(error)}") from error
    rates = {one: one.macs / fastest * 1e9 for one, fastest in zip(chosen, times.min(axis=0), strict=True)}
    (float32, *_), (int8, *_) = (_fastest(rates, is_integer=is_integer) for is_integer in (False, True))
    return Peaks(
        backend,
        threads,
        Peak(float(rates[float32]), str(float32)),
        Peak(float(rates[int8]), str(int8)),
        tuple(copy_rate(size, threads) for size in _COPY_SIZES),
    )


def copy_rate(size_bytes: int, threads: int) -> Copy:
    """Return the rate of copying one half of so many bytes to the other, on so many threads, the best of a few.

    Source of the count: STREAM's "copy" (McCalpin 1995), which counts what the program asks for: a cache that first
    reads what is going to be overwritten moves more.
    """
    source = np.ones(size_bytes // 2, np.uint8)
    target = np.empty_like(source)
    parts = list(zip(np.array_split(source, threads), np.array_split(target, threads), strict=True))
    times = max(1, _LEAST_COPIED_BYTES // size_bytes)

    def copy(part: tuple[Bytes, Bytes]) -> None:
        for _ in range(times):
            np.copyto(part[1], part[0])

    best = float("inf")
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(_TRIES):
            begin = time.perf_counter_ns()
            list(pool.map(copy, parts))
            best = min(best, time.perf_counter_ns() - begin)
    return Copy(size_bytes, times * size_bytes / best * 1e9)


def _fastest(rates: Mapping[Convolutions, float], *, is_integer: bool) -> list[Convolutions]:
    """Return the few fastest of one arithmetic, the fastest first."""
    able = [one for one in rates if one.is_integer is is_integer]
    return sorted(able, key=lambda one: -rates[one])[:_FINALISTS]


_Prepare = Callable[[bytes, Any, int], Call]


def _maker(backend: str) -> tuple[tuple[str, ...], Write, _Prepare]:
    """Return the types that a runtime is tried with, what writes a model for it, and what loads it.

    ONNX Runtime has other kernels for unsigned activations, which are the faster ones on some processors.
    """
    if backend == "onnxruntime":
        return ("float32", "uint8", "int8"), onnx_model.convolutions, _prepare_onnx
    module = BACKENDS[backend].module
    return ("float32", "int8"), tflite_model.convolutions, lambda *what: _prepare_tflite(module, *what)


def _prepare_tflite(module: str, content: bytes, image: Any, threads: int) -> Call:
    interpreter = importlib.import_module(module).Interpreter(model_content=content, num_threads=threads)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
    return lambda _: interpreter.invoke()


def _prepare_onnx(content: bytes, image: Any, threads: int) -> Call:
    import onnxruntime

    session = onnxruntime.InferenceSession(content, session_options(threads), providers=[PROVIDER])
    feed = {session.get_inputs()[0].name: np.ascontiguousarray(image.transpose(0, 3, 1, 2))}
    return lambda _: session.run(None, feed)
