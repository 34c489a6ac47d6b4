"""Profiling an artifact."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from edgecnn.contract import Contract, read_contract
from edgecnn.errors import BackendError
from edgecnn.profiling.litert import profile_tflite
from edgecnn.profiling.ort import profile_onnx
from edgecnn.profiling.peaks import measure_peaks
from edgecnn.profiling.profiler import OperationTimes, ProfilerInput
from edgecnn.profiling.result import Peaks, Profile
from edgecnn.progress import Progress, silent
from edgecnn.runtime.classifier import Images, encoder
from edgecnn.runtime.load import format_of
from edgecnn.runtime.lookup import find_backend

PROFILERS: dict[str, Callable[[ProfilerInput], OperationTimes]] = {
    "litert": profile_tflite,
    "tflite-runtime": profile_tflite,
    "onnxruntime": profile_onnx,
}
"""By the name of the backend. Others say nothing about single operations."""

_MOST_IMAGES = 16


def profile(
    path: str | Path,
    backend: str,
    threads: int,
    images: Images,
    *,
    contract: Contract | None = None,
    peaks: Peaks | None = None,
    progress: Progress = silent,
) -> Profile:
    """Return the time of each operation of an artifact, and the machine's peak rates.

    Takes about two seconds, and two for the peaks.

    Args:
        path: a .tflite or .onnx file.
        backend: "litert", "tflite-runtime" or "onnxruntime".
        threads: for one inference.
        images: uint8, (N, H, W, C), of the model's size; the first few are used in turn.
        contract: how to feed it, for a file that does not say so itself.
        peaks: what `measure_peaks` found for this backend and number of threads in the same run; None measures them.
        progress: told what is being measured.

    Raises:
        ArtifactError, ContractError: the file cannot be used.
        BackendError: the runtime is missing, refuses the file, or has no profiler.
    """
    path = Path(path)
    if backend not in PROFILERS:
        raise BackendError(f"{backend} does not report the time of single operations; use {', '.join(PROFILERS)}")
    find_backend(format_of(path), backend)
    contract = contract or read_contract(path)
    encode, batch = encoder(contract), contract.input.shape[0]
    chosen = [images[index : index + 1].repeat(batch, axis=0) for index in range(min(len(images), _MOST_IMAGES))]
    tensors = tuple(encode(image) for image in chosen)
    found = PROFILERS[backend](ProfilerInput(path, backend, threads, tensors, progress))
    return Profile(
        backend=backend,
        threads=threads,
        method=found.method,
        operations=found.operations,
        whole_ns=found.whole_ns,
        peaks=peaks or measure_peaks(backend, threads, progress),
        notes=found.notes,
    )
