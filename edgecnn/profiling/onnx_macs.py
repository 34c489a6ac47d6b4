"""Multiply-accumulates and weights of the operations that ONNX Runtime executes, from ONNX Runtime alone.

In the graph that it executes, kernels have packed their weights away, and layouts are its own. So the graph of the
file is run once as it stands, without optimization and packing, and its trace has the shapes of ONNX's specification.
No package but the runtime is needed, which is all that a device has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from edgecnn.inspection.graph import elements
from edgecnn.inspection.macs import count_macs
from edgecnn.inspection.naming import layer_names
from edgecnn.inspection.operation_table import row_of
from edgecnn.profiling.profiler import ProfilerInput
from edgecnn.profiling.trace import Traced, read_trace, traced_session
from edgecnn.runtime.ort import session_options

_CONVOLUTIONS = ("Conv", "FusedConv")


@dataclass(frozen=True, slots=True)
class Multiplied:
    """What one operation multiplies: None where it cannot be told; `weights` are numbers, not bytes."""

    macs: int | None
    weights: int


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the graph of the file: by layer, each entry for one operation of it that multiplies."""

    by_layer: dict[str, list[Multiplied]]

    def of(self, one: Traced, layer: str) -> Multiplied:
        """Return what an executed operation multiplies: as the first of its layer that was not asked for yet.

        What was fused may go by the name of its last layer, an activation. Then its own shapes tell, where they are
        in the trace; ONNX Runtime's blocked layouts have channels filled up to 8 or 16, which count there.
        """
        row = row_of(one.kind)
        if row.macs is None and not row.is_fused:
            return Multiplied(0, 0)
        left = self.by_layer.get(layer)
        if left:
            return left.pop(0)
        return _of_shapes(one) if _has_kernel(one) else Multiplied(None, 0)


def multiplied(subject: ProfilerInput) -> Known:
    """Return what the graph of an .onnx file multiplies; it is run once, on one image."""
    import onnxruntime

    options = session_options(subject.threads)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.add_session_config_entry("session.disable_prepacking", "1")
    with traced_session(str(subject.path), options) as session:
        session.run(None, {session.get_inputs()[0].name: subject.tensors[0]})
        traced = read_trace(session)
    return Known(_by_layer(traced))


def _by_layer(traced: Sequence[Traced]) -> dict[str, list[Multiplied]]:
    found: dict[str, list[Multiplied]] = defaultdict(list)
    for one, layer in zip(traced, layer_names([one.name for one in traced]), strict=True):
        if row_of(one.kind).macs is not None:
            found[layer].append(_of_shapes(one))
    return found


def _of_shapes(one: Traced) -> Multiplied:
    given = [shape for _, shape in one.given]
    made = one.made[0][1] if one.made else None
    return Multiplied(count_macs(row_of(one.kind).macs, given, made), sum(elements(shape) for shape in given[1:]))


def _has_kernel(one: Traced) -> bool:
    """Whether the trace of an executed convolution still has its kernel, which has as many axes as an image."""
    return one.kind in _CONVOLUTIONS and len(one.given) > 1 and len(one.given[1][1]) == len(one.made[0][1])
