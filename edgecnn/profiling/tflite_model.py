"""A small TFLite model, written without any package.

Source of the numbers of fields and types: TFLite's schema.fbs, version 3.
"""

from __future__ import annotations

import numpy as np

from edgecnn.profiling.convolution import LAYERS, SCALE, Convolutions
from edgecnn.profiling.flatbuffer_writer import Field, NewTable, Scalar, Vector, numbers, write
from edgecnn.runtime.backend import Tensor

_SCHEMA_VERSION = 3
_CONV_2D, _CONV_2D_OPTIONS = 3, 1
_TYPES = {"float32": 0, "int32": 2, "int8": 9}
_PER_CHANNEL_VERSION = 3
"""Of CONV_2D: the oldest that has int8."""


def convolutions(what: Convolutions) -> bytes:
    """Return a TFLite model of these convolutions, each with the same weights."""
    shape = (1, what.size, what.size, what.channels)
    weights, bias = what.weights(), np.zeros(what.channels, np.int32 if what.is_integer else np.float32)
    scales = what.weight_scales() if what.is_integer else None
    tensors = [
        _tensor("weights", what.dtype, weights.shape, 1, scales),
        _tensor("bias", str(bias.dtype), bias.shape, 2, None if scales is None else scales * np.float32(SCALE)),
    ]
    activation_scale = np.array([SCALE], np.float32) if what.is_integer else None
    tensors += [_tensor(f"value{i}", what.dtype, shape, 0, activation_scale) for i in range(LAYERS + 1)]
    options = NewTable({1: Scalar("i", 1), 2: Scalar("i", 1)})  # strides; padding SAME is the default
    operators = tuple(
        NewTable({1: numbers("i", 2 + i, 0, 1), 2: numbers("i", 3 + i), 3: Scalar("B", _CONV_2D_OPTIONS), 4: options})
        for i in range(LAYERS)
    )
    code = NewTable({0: Scalar("b", _CONV_2D), 2: Scalar("i", _PER_CHANNEL_VERSION), 3: Scalar("i", _CONV_2D)})
    subgraph = NewTable({0: tuple(tensors), 1: numbers("i", 2), 2: numbers("i", 2 + LAYERS), 3: operators})
    buffers = (NewTable({}), _buffer(weights), _buffer(bias))
    return write(NewTable({0: Scalar("I", _SCHEMA_VERSION), 1: (code,), 2: (subgraph,), 4: buffers}), b"TFL3")


def _tensor(name: str, dtype: str, shape: tuple[int, ...], buffer: int, scales: Tensor | None) -> NewTable:
    fields: dict[int, Field] = {0: numbers("i", *shape), 1: Scalar("b", _TYPES[dtype]), 2: Scalar("I", buffer), 3: name}
    if scales is not None:
        fields[4] = NewTable({2: numbers("f", *scales.tolist()), 3: numbers("q", *[0] * len(scales))})
    return NewTable(fields)


def _buffer(values: Tensor) -> NewTable:
    return NewTable({0: Vector(values.nbytes, values.tobytes())})
