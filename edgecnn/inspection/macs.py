"""Multiply-accumulates of one operation. A bias is an addition and is not counted; nor is anything element by element.

One multiply-accumulate is one product that is added to a sum: a convolution does one for each element of its output,
each place of its kernel and each input channel of its group. Twice as many are "FLOPs" in much of the literature.

Kernel shapes are those of the formats' specifications. TFLite: CONV_2D output, height, width, input; DEPTHWISE_CONV_2D
1, height, width, output; TRANSPOSE_CONV output, height, width, input; FULLY_CONNECTED output, input; CONV_3D depth,
height, width, input, output. ONNX: Conv output, input / group, kernel; ConvTranspose input, output / group, kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from edgecnn.inspection.graph import elements

Shape = tuple[int, ...]
Count = Callable[[Sequence[Shape], Shape], int]
"""From the shapes of all inputs and of the first output. Raises `IndexError` if a shape has too few sizes."""


def _convolution(kernel: int) -> Count:
    return lambda inputs, output: elements(output) * elements(inputs[kernel][1:])


def _transposed(source: int, kernel: int, sizes: slice) -> Count:
    """A transposed convolution multiplies each element of its input with the whole kernel of its channel."""
    return lambda inputs, _made: elements(inputs[source]) * elements(inputs[kernel][sizes])


def _matrices(left: int) -> Count:
    """The last axis of the left matrix is summed over."""
    return lambda inputs, output: elements(output) * elements(inputs[left][-1:])


def _gemm(inputs: Sequence[Shape], output: Shape) -> int:
    """The left matrix may be given transposed: what is not an output row is summed over."""
    return elements(output) * elements(inputs[0]) // max(1, elements(output[:1]))


def _batch_matmul(inputs: Sequence[Shape], output: Shape) -> int:
    """Both matrices may be given transposed."""
    return elements(output) * elements(inputs[0][-2:]) // max(1, elements((output[-2],)))


COUNTS: dict[str, Count] = {
    "CONV_2D": _convolution(1),
    "DEPTHWISE_CONV_2D": lambda inputs, output: elements(output) * elements(inputs[1][1:3]),
    "TRANSPOSE_CONV": _transposed(2, 1, slice(0, 3)),
    "CONV_3D": lambda inputs, output: elements(output) * elements(inputs[1][:4]),
    "CONV_3D_TRANSPOSE": _transposed(2, 1, slice(0, 4)),
    "FULLY_CONNECTED": lambda inputs, output: elements(output) * elements(inputs[1][-1:]),
    "BATCH_MATMUL": _batch_matmul,
    "Conv": _convolution(1),
    "FusedConv": _convolution(1),
    "ConvInteger": _convolution(1),
    "QLinearConv": _convolution(3),
    "ConvTranspose": _transposed(0, 1, slice(1, None)),
    "Gemm": _gemm,
    "QGemm": _gemm,
    "MatMul": _matrices(0),
    "MatMulInteger": _matrices(0),
    "QLinearMatMul": _matrices(0),
}
"""Each kind of operation that multiplies and accumulates, and how often. Recurrent layers are not counted."""


def macs(kind: str, inputs: Sequence[Shape | None], output: Shape | None) -> int | None:
    """Return the multiply-accumulates of one operation; 0 for a kind that has none, None if shapes are unknown."""
    if kind not in COUNTS:
        return 0
    if output is None or any(shape is None for shape in inputs):
        return None
    try:
        return COUNTS[kind]([shape for shape in inputs if shape is not None], output)
    except IndexError:
        return None
