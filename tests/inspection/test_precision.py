"""A file's precision is the row that its numbers are closest to."""

from __future__ import annotations

import itertools

import pytest

from edgecnn.inspection.precision import closest_precision
from edgecnn.spec import Precision

FILES = {
    "float32": ({"float32", "int32", "int64"}, {"float32"}, Precision.FLOAT32),
    "float16 weights, computed in float32": ({"float16", "int32"}, {"float32"}, Precision.FLOAT16),
    "int8 weights": ({"int8", "float32", "int32"}, {"float32"}, Precision.DYNAMIC),
    "int4 weights": ({"int4", "float32"}, {"float32"}, Precision.DYNAMIC),
    "int8, float edges": ({"int8", "int32"}, {"int8", "float32"}, Precision.INT8),
    "uint8": ({"uint8", "int32"}, {"uint8"}, Precision.INT8),
    "int8 without weights": (set[str](), {"int8"}, Precision.INT8),
    "int16 activations, int8 edges": ({"int8", "int64"}, {"int16", "int8"}, Precision.INT16X8),
    "brain floats": ({"bfloat16"}, {"bfloat16"}, Precision.FLOAT32),
    "unknown": ({"unknown", "string", ""}, {"unknown"}, Precision.FLOAT32),
}


@pytest.mark.parametrize(("weights", "activations", "precision"), FILES.values(), ids=FILES)
def test_the_precision_follows_from_the_types(weights: set[str], activations: set[str], precision: Precision) -> None:
    assert closest_precision(weights, activations) is precision


def test_each_precision_is_closest_to_itself() -> None:
    for precision in Precision:
        computed = precision.activations.dtype if precision.activations else "float32"
        assert closest_precision({precision.weights.dtype, "int32"}, {computed}) is precision


def test_no_order_of_the_types_changes_the_answer() -> None:
    for weights, activations, precision in FILES.values():
        for order in itertools.permutations(weights):
            assert closest_precision(order, activations) is precision
