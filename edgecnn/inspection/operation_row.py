"""Facts about one kind of operation in either format: a row of the tables beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edgecnn.inspection.macs import Count


@dataclass(frozen=True, slots=True)
class OperationRow:
    """One kind of operation. The defaults are what most kinds have.

    Attributes:
        macs: counts its multiply-accumulates; None where there are none.
        parameters: inputs that can be parameters, where scales and zero-points are inputs too; None for every input.
        keeps_range: it passes large values on: a range that spoils the input spoils the output.
        is_layout: it computes nothing.
        is_conversion: it makes other numbers of the same values.
        is_dynamic: it computes in integers whose range is taken at each call.
        is_fused: a runtime makes it of other operations, which are the ones to count.
        runtimes: the oldest TensorFlow Lite of version 1, 2 and so on; "-" for a version that was withdrawn.
        versions: of TFLite, by the numbers it computes with: "int8", "int16", "float16" or "hybrid".
    """

    macs: Count | None = None
    parameters: tuple[int, ...] | None = None
    keeps_range: bool = False
    is_layout: bool = False
    is_conversion: bool = False
    is_dynamic: bool = False
    is_fused: bool = False
    runtimes: tuple[str, ...] = ()
    versions: Mapping[str, int] = field(default_factory=dict)
