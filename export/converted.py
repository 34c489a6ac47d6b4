"""The result of a converter."""

from __future__ import annotations

from dataclasses import dataclass

from edgecnn.spec import TensorSpec


@dataclass(frozen=True, slots=True)
class Converted:
    """A model file's payload, its tensors, and what it needs from a runtime (see `Contract.needs`).

    Attributes:
        float_operations: kinds of operations that compute in float; in a float32 file, all of them.
    """

    payload: bytes
    input: TensorSpec
    output: TensorSpec
    needs: dict[str, str]
    float_operations: tuple[str, ...] = ()
