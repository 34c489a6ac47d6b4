"""What a runtime must offer, and the table of those that edgecnn knows."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy.typing as npt

from edgecnn.contract import Contract, KerasOptions
from edgecnn.errors import BackendError, first_line, nearest
from edgecnn.spec import Format

Tensor = npt.NDArray[Any]


class Session(Protocol):
    """A model loaded into a runtime."""

    def run(self, tensor: Tensor) -> Tensor:
        """Return the output tensor for an input tensor, both of the contract's shape and dtype.

        The result stays valid after the next call.
        """
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """A session, and the contract that tells how to feed it."""

    contract: Contract
    session: Session


Opener = Callable[[Path, int, KerasOptions], Opened]
"""Loads a file with a number of threads. Raises `BackendError` if the runtime refuses it."""


@dataclass(frozen=True, slots=True)
class Backend:
    """One runtime.

    Attributes:
        formats: the files that it runs.
        module: what is imported to load a file; installed if its top-level package is.
        package: the distribution that has the version number.
        extra: of edgecnn, that brings it.
        opener: "module:function" of its `Opener`.
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

    def open(self, path: Path, threads: int, options: KerasOptions = KerasOptions()) -> Opened:
        """Return `path` loaded with a number of threads; `options` hold for Keras models alone.

        Raises:
            ArtifactError, ContractError, ModelError: the file cannot be used.
            BackendError: the runtime refuses it, or is installed but cannot be imported.
        """
        module, function = self.opener.split(":")
        opener: Opener = getattr(importlib.import_module(module), function)
        try:
            return opener(path, threads, options)
        except ImportError as error:  # a wheel for another C library or another NumPy
            raise BackendError(
                f"{self.name} is installed but cannot be imported: {first_line(error)}; "
                f"pip install --force-reinstall 'edgecnn[{self.extra}]'"
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
        Backend("keras", (Format.KERAS,), "tensorflow", "tensorflow", "export", "edgecnn.runtime.keras:open_keras"),
    )
}


def find_backend(file_format: Format, name: str | None = None) -> Backend:
    """Return the backend of that name, or the first installed one that runs `file_format`.

    Raises:
        BackendError: unknown, not installed, or not for this format.
    """
    able = [backend for backend in BACKENDS.values() if file_format in backend.formats]
    if name is None:
        for backend in able:
            if backend.is_installed:
                return backend
        raise BackendError(f"nothing installed runs .{file_format.value} files; pip install 'edgecnn[{able[0].extra}]'")
    if name not in BACKENDS:
        raise BackendError(f"no backend named {name!r}{nearest(name, BACKENDS)}")
    backend = BACKENDS[name]
    if backend not in able:
        fitting = " or ".join(one.name for one in able)
        raise BackendError(f"{name} does not run .{file_format.value} files; use {fitting}")
    if not backend.is_installed:
        raise BackendError(f"{name} is not installed; pip install 'edgecnn[{backend.extra}]'")
    return backend
