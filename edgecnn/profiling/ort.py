"""Operations on ONNX Runtime, by its own trace.

The trace counts whole microseconds, and includes in an operation's time some of what writing it takes. So the same is
measured of an operation that does nothing, and taken off; and the whole call is timed without a trace, by turns.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from edgecnn.errors import ArtifactError, BackendError, first_line
from edgecnn.inspection.naming import layer_names
from edgecnn.inspection.operation_table import row_of
from edgecnn.intervals import Interval, median
from edgecnn.profiling.onnx_macs import Multiplied, multiplied
from edgecnn.profiling.onnx_model import nothing
from edgecnn.profiling.profiler import OperationTimes, ProfilerInput
from edgecnn.profiling.result import TimedOperation
from edgecnn.profiling.trace import Traced, read_trace, traced_session
from edgecnn.profiling.turns import time_in_turns
from edgecnn.runtime.ort import PROVIDER, session_options

METHOD = "trace"
SECONDS = 1.5
_TICK_NS = 1000.0
_Z_95 = 1.96
_INTEGER_DTYPES = ("int8", "uint8")
_ADDED = re.compile(r"^fused |(_token_\d+|_nchwc)+$")
"""What ONNX Runtime adds to the names of operations that it changes."""
_KEPT = (0.1, 0.6)
"""Quantiles of an operation's runs whose mean is its time: the longer ones are those that something else disturbed."""


def profile_onnx(subject: ProfilerInput) -> OperationTimes:
    """Return the times of the operations of an .onnx file, as ONNX Runtime has fused them.

    Raises:
        ArtifactError: no such file.
        BackendError: ONNX Runtime refuses it.
    """
    if not subject.path.is_file():
        raise ArtifactError(f"no such model file: {subject.path}")
    try:
        whole_ns, traced_ns, traced = _measure(subject)
        known = multiplied(subject)
    except Exception as error:  # its exceptions have no base class but Exception
        raise BackendError(f"onnxruntime refuses {subject.path}: {first_line(error)}") from error
    cost = _trace_cost(subject.threads)
    layers = layer_names([_ADDED.sub("", one.name) for one in traced])
    operations = tuple(
        _operation(one, layer, cost, known.of(one, layer)) for one, layer in zip(traced, layers, strict=True)
    )
    return OperationTimes(METHOD, operations, whole_ns, _notes(cost, traced_ns.value / whole_ns.value))


def _measure(subject: ProfilerInput) -> tuple[Interval, Interval, tuple[Traced, ...]]:
    """Return the whole call's nanoseconds without and with a trace, and the trace."""
    import onnxruntime

    plain = onnxruntime.InferenceSession(str(subject.path), session_options(subject.threads), providers=[PROVIDER])
    with traced_session(str(subject.path), session_options(subject.threads)) as session:
        subject.progress("operations", 0, 1)
        times = time_in_turns([_caller(plain, subject), _caller(session, subject)], SECONDS)
        traced = read_trace(session)
    return median(times[:, 0]), median(times[:, 1]), traced


def _caller(session: Any, subject: ProfilerInput) -> Callable[[int], object]:
    run, name, outputs = session.run, session.get_inputs()[0].name, [session.get_outputs()[0].name]
    feeds = [{name: tensor} for tensor in subject.tensors]
    return lambda number: run(outputs, feeds[number % len(feeds)])


def _trace_cost(threads: int) -> Interval:
    """Return what the trace adds to each operation, nanoseconds: the time of operations that do nothing."""
    name, model = nothing()
    with traced_session(model, session_options(threads)) as session:
        feed = {name: np.zeros(1, np.float32)}
        for _ in range(300):
            session.run(None, feed)
        traced = read_trace(session)
    means = [_mean(one) for one in traced]
    return Interval(*(float(np.mean([getattr(one, end) for one in means])) for end in ("value", "low", "high")))


def _mean(one: Traced) -> Interval:
    """Return an operation's time, nanoseconds: a trimmed mean, with an interval of at least the trace's tick."""
    ordered = np.sort(np.array(one.microseconds, np.float64)) * _TICK_NS
    first, end = (round(quantile * len(ordered)) for quantile in _KEPT)
    kept = ordered[first : max(end, first + 1)]
    mean = float(kept.mean())
    half = float(_Z_95 * kept.std() / np.sqrt(len(kept)) + _TICK_NS / 2)
    return Interval(mean, mean - half, mean + half)


def _operation(one: Traced, layer: str, cost: Interval, known: Multiplied) -> TimedOperation:
    mean = _mean(one)
    integer = any(dtype in _INTEGER_DTYPES for dtype, _ in one.given)
    return TimedOperation(
        name=one.name,
        kind=one.kind,
        layer=layer,
        nanoseconds=Interval(*(max(0.0, end - cost.value) for end in (mean.value, mean.low, mean.high))),
        macs=known.macs,
        bytes_moved=one.moved_bytes + known.weights * (1 if integer else 4),
        arithmetic=_arithmetic(one.kind, integer),
    )


def _arithmetic(kind: str, integer: bool) -> str:
    row = row_of(kind)
    if row.is_conversion:
        return "conversion"
    if row.is_dynamic:
        return "dynamic"
    return "integer" if integer else "float"


def _notes(cost: Interval, slower: float) -> tuple[str, ...]:
    return (
        f"the trace counts whole microseconds; {cost.value / 1e3:.1f} µs, what it shows for an operation that does "
        "nothing, are taken off each operation",
        f"the whole call takes {slower:.2f} times as long with the trace as without",
    )
