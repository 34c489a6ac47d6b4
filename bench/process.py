"""The parent's end of a worker process. A worker that dies or hangs is an error of its case only."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from edgecnn.errors import EdgecnnError, MeasurementError
from edgecnn.isolated.child import Child
from edgecnn.isolated.failure import ChildError
from edgecnn.isolated.messages import Answer, Request

_WORKER = "edgecnn.bench.worker:handlers"


class Link(Protocol):
    """Something that answers a worker's requests: a process, or in tests a fake with its own clock."""

    @property
    def process_id(self) -> int | None:
        """The worker's process; None for a fake."""
        ...

    @property
    def started_ns(self) -> int:
        """When it was requested, on the system's monotonic clock."""
        ...

    def ask(self, request: Request[Answer]) -> Answer:
        """Return the answer to a request (see `edgecnn.bench.requests`). Raises `MeasurementError`."""
        ...

    def close(self) -> None:
        """End the worker."""
        ...


Start = Callable[[float], Link]
"""Starts a worker, given its timeout in seconds."""


class WorkerProcess:
    """A worker in its own process.

    Args:
        timeout: seconds that one request may take.

    Attributes:
        process_id: of the worker.
        started_ns: when it was requested, on the system's monotonic clock.

    Raises:
        MeasurementError: it cannot be started.
    """

    def __init__(self, timeout: float) -> None:
        try:
            self._child = Child(_WORKER, timeout=timeout)
        except ChildError as error:
            raise _as_measurement_error(error) from error
        self.process_id, self.started_ns = self._child.process_id, self._child.started_ns

    def ask(self, request: Request[Answer]) -> Answer:
        """Send a request and return its answer.

        Raises:
            MeasurementError: the worker reports an error, dies, prints garbage, or takes too long; it is then ended.
        """
        try:
            return self._child.ask(request)
        except (ChildError, EdgecnnError) as error:
            self.close()
            raise _as_measurement_error(error) from error

    def close(self) -> None:
        """End the process; it has nothing to save."""
        self._child.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _as_measurement_error(error: ChildError | EdgecnnError) -> MeasurementError:
    return MeasurementError(error.describe("the worker") if isinstance(error, ChildError) else str(error))
