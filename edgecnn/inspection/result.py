"""The result of an inspection: plain facts, which `edgecnn.schema.encode` turns into JSON."""

from __future__ import annotations

from dataclasses import dataclass

from edgecnn.spec import Format

UNKNOWN_SIZE = -1
"""A size that is known only when the model runs; it counts as 1 wherever sizes are multiplied."""


@dataclass(frozen=True, slots=True)
class Affine:
    """How a quantized tensor represents real numbers: real = scale * (stored - zero_point).

    Attributes:
        scales: how many; 1 is per tensor.
        axis: that each scale belongs to one slice of; None per tensor.
        symmetric: whether every zero-point is 0.
        scale: None where there are several.
        zero_point: None where there are several.
    """

    scales: int
    axis: int | None
    symmetric: bool
    scale: float | None
    zero_point: int | None


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor.

    Attributes:
        shape: -1 for a size that is known only when the model runs; None where not even the rank is known.
        dtype: NumPy's name where NumPy has one, else the format's ("int4", "bfloat16", "string", ...).
        affine: None for a tensor that is not quantized.
    """

    name: str
    shape: tuple[int, ...] | None
    dtype: str
    affine: Affine | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, in the order of execution.

    Attributes:
        type: the format's name: "CONV_2D", "Conv".
        version: of the operation for TFLite, of its operator set for ONNX.
        layer: the Keras layer as far as the names in the file tell it, else the node's or its output's name.
        inputs: without weights and other constants.
        weights: constant inputs that are parameters, the largest first. Weights behind a DequantizeLinear belong to
            the operation that uses them.
        parameters: numbers in these, each counted at its first use.
        weight_bytes: what they take in the file.
        macs: multiply-accumulates of one run, biases not counted; None where shapes are unknown.
        arithmetic: "integer", "float", "dynamic" (int8 weights; activations are quantized at each call), or
            "conversion" between these.
        oldest_runtime: the oldest TensorFlow Lite with this version of the operation; None for ONNX, or unknown.
        on_xnnpack: whether LiteRT's default delegate took it; None where that was not found out.
    """

    index: int
    type: str
    version: int
    layer: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    weights: tuple[Tensor, ...]
    parameters: int
    weight_bytes: int
    macs: int | None
    arithmetic: str
    oldest_runtime: str | None = None
    on_xnnpack: bool | None = None


@dataclass(frozen=True, slots=True)
class KindTotal:
    """All operations of one type together."""

    type: str
    versions: tuple[int, ...]
    count: int
    parameters: int
    weight_bytes: int
    macs: int
    arithmetic: tuple[str, ...]
    on_xnnpack: int | None


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory for activations: inputs, outputs and all values between, without weights.

    Attributes:
        largest: the layer that gives the largest activation.
        largest_bytes: its size.
        peak_bytes: most bytes that are needed at once, in the order of the file. No memory planner gets below it;
            alignment, fragmentation and kernels' scratch space come on top.
    """

    largest: str
    largest_bytes: int
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Runtime:
    """Which runtimes load the file, by the versions of its operations.

    Attributes:
        name: "TensorFlow Lite" or "ONNX Runtime".
        oldest: version; None where something in the file is newer than edgecnn's tables.
        because: what asks for it.
        declared: TFLite's `min_runtime_version`, as the converter wrote it.
        refused_by: runtimes that are still installed on devices and do not load the file, with the reason.
    """

    name: str
    oldest: str | None
    because: str
    declared: str | None = None
    refused_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Xnnpack:
    """What LiteRT's default delegate did with the file here.

    Attributes:
        taken: operations it took; None where that was not found out.
        note: the version of LiteRT, or why it was not found out.
    """

    taken: int | None
    note: str


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """A summary of the contract; `problem` says why it cannot be read, and the other fields are then empty."""

    model: str
    precision: str
    scores: str
    labels: int
    made_with: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """Everything about one file.

    Attributes:
        producer: who made it, as the file says.
        versions: of the format: the schema's, or IR and operator sets.
        subgraphs: how many; operations of all but the first (bodies of loops and conditions) are not listed.
        parameters, macs, weight_bytes: sums over the operations.
        uncounted: operations whose multiply-accumulates are unknown, because shapes are.
        metadata: names of what else is in the file for viewers.
        contract: None for a file that edgecnn did not seal.
    """

    name: str
    format: Format
    size_bytes: int
    producer: str
    versions: dict[str, int]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    operations: tuple[Operation, ...]
    subgraphs: int
    parameters: int
    weight_bytes: int
    macs: int
    uncounted: int
    by_type: tuple[KindTotal, ...]
    memory: Memory
    runtime: Runtime
    metadata: tuple[str, ...]
    xnnpack: Xnnpack | None = None
    contract: ContractFacts | None = None
