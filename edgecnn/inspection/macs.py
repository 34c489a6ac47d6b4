"""Multiply-accumulates of one operation. Biases, which are additions, and element-wise operations do not count.

Nor do recurrent layers. Which formula is whose says the table of each format.

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


def convolution(kernel: int) -> Count:
    """Each output is summed over all of a kernel but its first axis."""
    return lambda inputs, output: elements(output) * elements(inputs[kernel][1:])


def transposed(source: int, kernel: int, sizes: slice) -> Count:
    """A transposed convolution multiplies each element of its input with the whole kernel of its channel."""
    return lambda inputs, _made: elements(inputs[source]) * elements(inputs[kernel][sizes])


def kernel_sizes(sizes: slice) -> Count:
    """Each output is summed over some axes of the kernel, which is the second input."""
    return lambda inputs, output: elements(output) * elements(inputs[1][sizes])


def matrices(left: int) -> Count:
    """The last axis of the left matrix is summed over."""
    return lambda inputs, output: elements(output) * elements(inputs[left][-1:])


def gemm(inputs: Sequence[Shape], output: Shape) -> int:
    """The left matrix may be given transposed: what is not an output row is summed over."""
    return elements(output) * elements(inputs[0]) // max(1, elements(output[:1]))


def batch_matmul(inputs: Sequence[Shape], output: Shape) -> int:
    """Both matrices may be given transposed."""
    return elements(output) * elements(inputs[0][-2:]) // max(1, elements((output[-2],)))


def count_macs(count: Count | None, inputs: Sequence[Shape | None], output: Shape | None) -> int | None:
    """Return the multiply-accumulates of one operation; 0 where nothing counts them, None if shapes are unknown."""
    if count is None:
        return 0
    if output is None or any(shape is None for shape in inputs):
        return None
    try:
        return count([shape for shape in inputs if shape is not None], output)
    except IndexError:
        return None
