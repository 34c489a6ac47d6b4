"""Operations on LiteRT and tflite-runtime, by timing models that end after each of them.

The Python packages of both offer no profiler, and XNNPACK runs what it takes as one block. So the model is cut after
every operation; what a model takes longer than the one before it is the operation's time. Where there are many
operations, the models of later ones begin in the middle: else they would be large, and their differences small.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from edgecnn.container import ContainerError, split
from edgecnn.errors import ArtifactError, BackendError, first_line
from edgecnn.flatbuffer import FlatbufferError
from edgecnn.inspection import account
from edgecnn.inspection.graph import Graph
from edgecnn.inspection.result import Operation
from edgecnn.inspection.tflite_graph import read_tflite
from edgecnn.inspection.xnnpack import delegated
from edgecnn.intervals import Interval, median
from edgecnn.profiling.attribute import Times, attribute
from edgecnn.profiling.cut import cut
from edgecnn.profiling.profiler import OperationTimes, ProfilerInput
from edgecnn.profiling.result import TimedOperation
from edgecnn.profiling.turns import time_in_turns
from edgecnn.runtime.backend import BACKENDS, Tensor

METHOD = "models cut short"
XNNPACK = "XNNPACK"
SECONDS = 1.5
_FEWEST_LOADS, _MOST_LOADS = 2, 6
MOST_BYTES = 256 * 2**20
"""Of the models that are loaded at the same time."""
_MOST_CUTS = 24
_COPIES = 2
"""Of a model in memory: the file's bytes, and at most as much again for weights as the kernels want them."""
_INTEGERS = (np.int8, np.uint8, np.int16, np.int32, np.int64)


def profile_tflite(subject: ProfilerInput) -> OperationTimes:
    """Return the times of the operations of a .tflite file.

    Raises:
        ArtifactError: no such file, or no TFLite model.
        BackendError: the runtime refuses the file.
    """
    payload, graph = _read(subject.path)
    inspected = account.operations(graph)
    taken = delegated(_load(payload, subject))
    bytes_of_a_cut = _COPIES * len(payload) + account.memory(graph).peak_bytes
    parts = _parts(len(inspected), MOST_BYTES // bytes_of_a_cut)
    steps: list[Interval] = []
    whole: list[Times] = []
    for done, part in enumerate(parts):
        subject.progress("operations", done, len(parts))
        models = [cut(payload, graph, part.start, end) for end in (*part, part.stop)]
        loads = _measure([*models, payload], int(graph.inputs[0]), subject, SECONDS / len(parts))
        steps += attribute([times[:, :-1] for times in loads])
        whole += [times[:, -1] for times in loads]
    operations = tuple(
        _operation(graph, one, step, one.index in taken) for one, step in zip(inspected, steps, strict=True)
    )
    return OperationTimes(METHOD, operations, median(np.concatenate(whole)), _notes(operations, len(parts)))


class _Cut:
    """Calls an interpreter; another image is set once a round, of which only the first call, not counted, knows.

    What comes out of operations that are not in the model is random.
    """

    def __init__(self, interpreter: Any, image: int, tensors: Sequence[Tensor]) -> None:
        self._invoke, self._set, self._image, self._tensors = interpreter.invoke, interpreter.set_tensor, image, tensors
        self._round = -1
        inputs = {one["index"]: one for one in interpreter.get_input_details()}
        self._takes_image = inputs.pop(image, None) is not None
        drawn = np.random.default_rng(0)
        for index, one in inputs.items():
            self._set(index, drawn.normal(0, 40 if one["dtype"] in _INTEGERS else 1, one["shape"]).astype(one["dtype"]))

    def __call__(self, number: int) -> None:
        if number != self._round and self._takes_image:
            self._round = number
            self._set(self._image, self._tensors[number % len(self._tensors)])
        self._invoke()


def _measure(models: Sequence[bytes], image: int, subject: ProfilerInput, seconds: float) -> list[Times]:
    """Return the times of models by turns, once for each time that all of them are loaded: twice at least."""
    found: list[Times] = []
    end = time.perf_counter() + seconds
    while len(found) < _FEWEST_LOADS or (len(found) < _MOST_LOADS and time.perf_counter() < end):
        calls = [_Cut(_load(model, subject), image, subject.tensors) for model in models]
        found.append(time_in_turns(calls, seconds / _MOST_LOADS, seed=len(found)))
    return found


def _read(path: Path) -> tuple[bytes, Graph]:
    try:
        payload = split(path.read_bytes())[1]
        return payload, read_tflite(payload).graph
    except OSError as error:
        raise ArtifactError(f"cannot read {path}: {error.strerror}") from error
    except (ContainerError, FlatbufferError) as error:
        raise ArtifactError(f"{path} cannot be profiled: {error}") from error


def _load(content: bytes, subject: ProfilerInput) -> Any:
    module = importlib.import_module(BACKENDS[subject.backend].module)
    try:
        interpreter = module.Interpreter(model_content=content, num_threads=subject.threads)
        interpreter.allocate_tensors()
    except Exception as error:  # ValueError, RuntimeError, and SystemError of tflite-runtime under NumPy 2
        raise BackendError(f"{subject.backend} refuses {subject.path}: {first_line(error)}") from error
    return interpreter


def _parts(count: int, most: int) -> list[range]:
    """Return ranges of operations, about equal in length, of at most `most` and at most a few dozen."""
    parts = -(-count // max(1, min(most, _MOST_CUTS)))
    borders = [round(index * count / parts) for index in range(parts + 1)]
    return [range(first, end) for first, end in pairwise(borders)]


def _operation(graph: Graph, one: Operation, step: Interval, is_taken: bool) -> TimedOperation:
    node = graph.nodes[one.index]
    moved = sum(graph.values[key].size_bytes for key in (*node.inputs, *node.outputs) if key)
    return TimedOperation(
        name=node.name,
        kind=one.type,
        layer=one.layer,
        nanoseconds=step,
        macs=one.macs,
        bytes_moved=moved,
        arithmetic=one.arithmetic,
        delegate=XNNPACK if is_taken else "",
    )


def _notes(operations: tuple[TimedOperation, ...], parts: int) -> tuple[str, ...]:
    taken = sum(bool(one.delegate) for one in operations)
    notes = [
        "an operation's time is what a model that ends after it takes longer than one that ends before it: "
        "what the runtime fuses is counted where it ends, and starting a delegate with the first that it takes"
    ]
    if taken:
        notes.append(f"XNNPACK takes {taken} of {len(operations)} operations")
    if parts > 1:
        notes.append(
            f"the operations were measured in {parts} parts, each on its own, and the later ones on random values: "
            "starting a delegate counts in each part"
        )
    return tuple(notes)
