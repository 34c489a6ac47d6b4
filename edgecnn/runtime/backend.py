"""The interface of a runtime, and the table of runtimes that edgecnn knows."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from edgecnn.contract import Contract, Description
from edgecnn.errors import BackendError, first_line
from edgecnn.runtime.telemetry import untracked
from edgecnn.spec import Format

if TYPE_CHECKING:
    from pathlib import Path

    from edgecnn.feeding import Feeding
    from edgecnn.keras_loading import KerasLoading

Tensor = np.ndarray[Any, np.dtype[Any]]
"""`numpy.typing.NDArray[Any]`, whose module costs start-up time."""


class Session(Protocol):
    """A model loaded into a runtime."""

    def run(self, tensor: Tensor) -> Tensor:
        """Return the output tensor for an input tensor, both of the contract's shape and dtype.

        The result stays valid after the next call.
        """
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """A session, and the contract that describes its input and output."""

    contract: Contract
    session: Session


Opener = Callable[["Path", int, Description], Session]
"""Loads a file with a number of threads; it raises `BackendError` if the runtime refuses the file."""

KerasOpener = Callable[["Path", int, "Feeding", "KerasLoading"], Opened]
"""Loads a Keras model, whose contract is known only after loading."""


@dataclass(frozen=True, slots=True)
class Backend:
    """One runtime.

    Attributes:
        formats: the files that it runs.
        module: imported to load a file; installed if its top-level package is.
        package: the distribution that provides the version number.
        extra: the extra of edgecnn that installs it; "" for a backend of another package.
        opener: "module:function" of its `Opener`; of its `KerasOpener` if it runs Keras models.
    """

    name: str
    formats: tuple[Format, ...]
    module: str
    package: str
    extra: str
    opener: str

    @property
    def is_installed(self) -> bool:
        """Whether its module can be found; nothing is imported."""
        return importlib.util.find_spec(self.module.partition(".")[0]) is not None

    @property
    def requirement(self) -> str:
        """The argument for `pip install` that installs the runtime."""
        return f"'edgecnn[{self.extra}]'" if self.extra else self.package

    def import_runtime(self) -> None:
        """Import the runtime with its telemetry disabled.

        Raises:
            ImportError: as Python does.
        """
        with untracked():
            importlib.import_module(self.module)

    def open(self, path: Path, threads: int, description: Description) -> Session:
        """Return a described file loaded with a number of threads.

        Raises:
            BackendError: the runtime refuses it, or is installed but cannot be imported.
        """
        session: Session = self._call(path, threads, description)
        return session

    def open_keras(self, path: Path, threads: int, feeding: Feeding, loading: KerasLoading) -> Opened:
        """Return a Keras model loaded with a number of threads.

        Raises:
            ModelError: the model cannot be used.
            BackendError: TensorFlow is installed but cannot be imported, or runs with another number of threads.
        """
        opened: Opened = self._call(path, threads, feeding, loading)
        return opened

    def _call(self, *arguments: Any) -> Any:
        module, function = self.opener.split(":")
        opener = getattr(importlib.import_module(module), function)
        try:
            with untracked():
                return opener(*arguments)
        except ImportError as error:  # a wheel for another C library or another NumPy
            raise BackendError(
                f"{self.name} is installed but cannot be imported: {first_line(error)}; "
                f"pip install --force-reinstall {self.requirement}"
            ) from error


BACKENDS: dict[str, Backend] = {
    backend.name: backend
    for backend in (
        Backend(
            "litert",
            (Format.TFLITE,),
            "ai_edge_litert.interpreter",
            "ai-edge-litert",
            "litert",
            "edgecnn.runtime.litert:open_litert",
        ),
        Backend(
            "tflite-runtime",
            (Format.TFLITE,),
            "tflite_runtime.interpreter",
            "tflite-runtime",
            "tflite-runtime",
            "edgecnn.runtime.litert:open_tflite_runtime",
        ),
        Backend(
            "onnxruntime", (Format.ONNX,), "onnxruntime", "onnxruntime", "onnx", "edgecnn.runtime.ort:open_onnxruntime"
        ),
        Backend(
            "openvino",
            (Format.TFLITE, Format.ONNX),
            "openvino",
            "openvino",
            "openvino",
            "edgecnn.runtime.openvino:open_openvino",
        ),
        Backend("keras", (Format.KERAS,), "tensorflow", "tensorflow", "export", "edgecnn.runtime.keras:open_keras"),
    )
}
