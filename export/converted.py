"""What a converter returns."""

from __future__ import annotations

from dataclasses import dataclass

from edgecnn.spec import TensorSpec


@dataclass(frozen=True, slots=True)
class Converted:
    """A model file's payload, its tensors, and what it needs of a runtime (see `Contract.needs`).

    Attributes:
        float_operations: kinds of operations that compute in float; every one in a float32 file.
    """

    payload: bytes
    input: TensorSpec
    output: TensorSpec
    needs: dict[str, str]
    float_operations: tuple[str, ...] = ()
