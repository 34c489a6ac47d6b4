"""A plain graph of a model file, common to both formats."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edgecnn.inspection.result import Affine, Tensor

_BITS = {
    "float64": 64, "int64": 64, "uint64": 64, "complex64": 64, "complex128": 128,
    "float32": 32, "int32": 32, "uint32": 32,
    "float16": 16, "bfloat16": 16, "int16": 16, "uint16": 16,
    "int4": 4, "uint4": 4, "int2": 2, "uint2": 2, "float4e2m1": 4,
}  # fmt: skip
_BYTE_BITS = 8
LONGEST_NAME = 500
"""Names are cut there: a file could have each of many operations refer to one endless name."""
FLOAT_DTYPES = ("float32", "float16", "bfloat16", "float64")


@dataclass(frozen=True, slots=True)
class Value:
    """One tensor of a graph.

    Attributes:
        stored_bytes: what a constant takes in the file; None for an activation.
    """

    name: str
    shape: tuple[int, ...] | None
    dtype: str
    affine: Affine | None = None
    stored_bytes: int | None = None

    @property
    def is_constant(self) -> bool:
        """Whether the file holds its numbers."""
        return self.stored_bytes is not None

    @property
    def size_bytes(self) -> int:
        """Its size in memory; an unknown dimension counts as 1."""
        return (elements(self.shape or ()) * _BITS.get(self.dtype, _BYTE_BITS) + 7) // 8

    def public(self) -> Tensor:
        """Return it as it is reported."""
        return Tensor(self.name[:LONGEST_NAME], self.shape, self.dtype, self.affine)


@dataclass(frozen=True, slots=True)
class Node:
    """One operation; inputs and outputs are keys of `Graph.values`."""

    type: str
    version: int
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """The main graph of a file; constants that are computed by "Constant" nodes are constants here."""

    values: dict[str, Value]
    nodes: tuple[Node, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def elements(shape: tuple[int, ...]) -> int:
    """Return the number of elements of a shape; an unknown dimension counts as 1."""
    return math.prod(1 if size < 0 else size for size in shape)
