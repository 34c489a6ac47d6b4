"""The result of profiling: plain facts, which `edgecnn.schema.encode` turns into JSON."""

from __future__ import annotations

from dataclasses import dataclass

from edgecnn.intervals import Interval

_NS = 1e9


@dataclass(frozen=True, slots=True)
class Peak:
    """The highest rate of multiply-accumulates that one runtime reached here.

    Attributes:
        operation: of the fastest convolution among those tried, in words.
    """

    macs_per_second: float
    operation: str


@dataclass(frozen=True, slots=True)
class Copy:
    """How fast memory is copied.

    Attributes:
        size_bytes: of source and target together, which are copied again and again: a cache that is larger holds them.
        bytes_per_second: each byte counts once, for being read or for being written.
    """

    size_bytes: int
    bytes_per_second: float


@dataclass(frozen=True, slots=True)
class Peaks:
    """Measured peak rates of this machine: the roofs of a roofline.

    Attributes:
        copies: from the smallest size to the largest, which no cache holds.
    """

    backend: str
    threads: int
    float32: Peak
    int8: Peak
    copies: tuple[Copy, ...]


@dataclass(frozen=True, slots=True)
class TimedOperation:
    """One operation as the runtime executes it, in its order.

    Attributes:
        name: of the node, or of its output.
        kind: the runtime's name of it: "CONV_2D", "QLinearConv".
        layer: the Keras layer as far as the names in the file tell it, else the name.
        nanoseconds: of one inference; never below 0.
        macs: multiply-accumulates; 0 for kinds that have none, None where shapes are not known.
        bytes_moved: of weights and activations that it reads and writes, each once; None where they are not known.
        arithmetic: "integer", "float", "dynamic" or "conversion", as `edgecnn inspect` says.
        delegate: what took it from the runtime, "XNNPACK"; "" for the runtime's own kernels.
    """

    name: str
    kind: str
    layer: str
    nanoseconds: Interval
    macs: int | None
    bytes_moved: int | None
    arithmetic: str
    delegate: str = ""

    @property
    def is_distinct(self) -> bool:
        """Whether its time can be distinguished from zero."""
        return self.nanoseconds.low > 0

    @property
    def macs_per_second(self) -> float | None:
        """Multiply-accumulates a second; None where it has none or takes no time that can be told from nothing."""
        return self.macs / self.nanoseconds.value * _NS if self.macs and self.is_distinct else None


@dataclass(frozen=True, slots=True)
class Profile:
    """The operations of one artifact on one runtime.

    Attributes:
        method: how times of single operations were found: "models cut short" or "trace".
        whole_ns: the runtime's call for the whole model, without any profiling, measured in the same turns: the median
            over turns of the fastest call in each. It is without what edgecnn does around it, encoding and making
            probabilities, and without what disturbs single calls, so it is less than the median latency.
        notes: what a reader must know to judge the figures, one sentence each.
    """

    backend: str
    threads: int
    method: str
    operations: tuple[TimedOperation, ...]
    whole_ns: Interval
    peaks: Peaks
    notes: tuple[str, ...] = ()

    @property
    def attributed_ns(self) -> float:
        """The sum over all operations."""
        return sum(one.nanoseconds.value for one in self.operations)

    @property
    def unattributed_share(self) -> float:
        """The share of the whole call that no operation has: negative where the operations sum up to more."""
        return 1 - self.attributed_ns / self.whole_ns.value

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference, of the operations where they are known."""
        return sum(one.macs or 0 for one in self.operations)

    @property
    def share_of_peak(self) -> float | None:
        """What the multiply-accumulates would take at peak, as a share of the whole call; None without any."""
        at_peak = sum((one.macs or 0) / self.peak(one).macs_per_second for one in self.operations)
        return at_peak / self.whole_ns.value * _NS or None

    def peak(self, operation: TimedOperation) -> Peak:
        """Return the peak of the arithmetic that an operation computes in."""
        return self.peaks.int8 if operation.arithmetic in ("integer", "dynamic") else self.peaks.float32

    def operation_share_of_peak(self, operation: TimedOperation) -> float | None:
        """Return an operation's multiply-accumulates a second as a share of the peak; None where it has none."""
        rate = operation.macs_per_second
        return None if rate is None else rate / self.peak(operation).macs_per_second

    def intensity(self, operation: TimedOperation) -> float | None:
        """Return multiply-accumulates for each byte moved, the roofline's abscissa; None where it has none."""
        return operation.macs / operation.bytes_moved if operation.macs and operation.bytes_moved else None

    @property
    def copy(self) -> Copy:
        """The measured copy that is as large as what one inference moves, or the next larger one."""
        moved = sum(one.bytes_moved or 0 for one in self.operations)
        return next((one for one in self.peaks.copies if one.size_bytes >= moved), self.peaks.copies[-1])

    def attainable(self, operation: TimedOperation) -> float | None:
        """Return the most multiply-accumulates a second that the roofline allows; None where there are none.

        The slope is the rate of `copy`, because calls that follow each other find in a cache what fits there. An
        operation may still go beyond the roof: what it reads alone moves faster than a copy.

        Source: Williams, Waterman and Patterson, "Roofline: an insightful visual performance model for multicore
        architectures", Communications of the ACM 52 (2009).
        """
        intensity = self.intensity(operation)
        if intensity is None:
            return None
        return min(self.peak(operation).macs_per_second, intensity * self.copy.bytes_per_second)
