"""Finding the precision of a file of any origin from the types of its numbers."""

from __future__ import annotations

from collections.abc import Iterable

from edgecnn.spec import Precision


def closest_precision(weights: Iterable[str], activations: Iterable[str]) -> Precision:
    """Return the precision whose row a file is closest to.

    Integer activations decide first, the widest where there are several: input and output are often wider or narrower
    than the inside. Then the narrowest weights do, because biases, shapes and what an operation does without are wider.

    Args:
        weights: dtypes of all constants, as "int4" or "float16".
        activations: dtypes of all other tensors.
    """
    stored, computed = set(map(_signed, weights)), set(map(_signed, activations))
    rows = [row for row in Precision if row.needs_calibration and _computes_in(row, computed)]
    rows = rows or [row for row in Precision if not row.needs_calibration]
    fitting = [row for row in rows if row.is_full or any(_fits(dtype, row) for dtype in stored)]
    return max(fitting or rows, key=_rank)


def _computes_in(precision: Precision, dtypes: set[str]) -> bool:
    return precision.activations is not None and precision.activations.dtype in dtypes


def _signed(dtype: str) -> str:
    return dtype.removeprefix("u")


def _fits(dtype: str, precision: Precision) -> bool:
    """Whether weights of a dtype are no wider than those of a precision, and of the same kind."""
    kind = precision.weights.kind
    bits = dtype.removeprefix(kind)
    return dtype.startswith(kind) and bits.isdecimal() and int(bits) <= precision.weights.bits


def _rank(precision: Precision) -> tuple[int, int]:
    activations = precision.activations
    return activations.bits if activations and precision.needs_calibration else 0, -precision.weights.bits
