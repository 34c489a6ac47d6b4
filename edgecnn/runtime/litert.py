"""TFLite files on LiteRT (`ai_edge_litert`) and its predecessor `tflite_runtime`: one interpreter under two names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgecnn.contract import Description, parse_contract
from edgecnn.errors import BackendError, first_line
from edgecnn.runtime.backend import Opened, Session, Tensor

if TYPE_CHECKING:
    from pathlib import Path


class _InterpreterSession:
    """A TFLite interpreter with one input and one output."""

    def __init__(self, interpreter: Any, shape: tuple[int, ...]) -> None:
        details = interpreter.get_input_details()[0]
        self._input = details["index"]
        if tuple(details["shape"]) != shape:  # a file may leave its sizes open
            interpreter.resize_tensor_input(self._input, shape)
        interpreter.allocate_tensors()
        self._output = interpreter.get_output_details()[0]["index"]
        self._set, self._invoke, self._get = interpreter.set_tensor, interpreter.invoke, interpreter.get_tensor

    def run(self, tensor: Tensor) -> Tensor:
        self._set(self._input, tensor)
        self._invoke()
        return self._get(self._output)  # type: ignore[no-any-return]


def open_litert(path: Path, threads: int, description: Description) -> Session:
    """Return a session on LiteRT, with XNNPACK as the interpreter switches it on."""
    return _open(_litert(), description, str(path), threads, model_path=str(path))


def open_tflite_runtime(path: Path, threads: int, description: Description) -> Session:
    """Return a session on tflite-runtime 2.14, which needs NumPy 1."""
    return _open(_tflite_runtime(), description, str(path), threads, model_path=str(path))


def litert_from_bytes(content: bytes, name: str, threads: int) -> Opened:
    """Return `open_litert` of a file's content, with its contract; errors call it `name`."""
    contract = parse_contract(content, name)
    return Opened(contract, _open(_litert(), contract, name, threads, model_content=content))


def tflite_runtime_from_bytes(content: bytes, name: str, threads: int) -> Opened:
    """Return `open_tflite_runtime` of a file's content, with its contract; errors call it `name`."""
    contract = parse_contract(content, name)
    return Opened(contract, _open(_tflite_runtime(), contract, name, threads, model_content=content))


def _litert() -> Any:
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter


def _tflite_runtime() -> Any:
    import numpy as np

    if int(np.__version__.split(".")[0]) > 1:
        raise BackendError(
            f"tflite-runtime was built for NumPy 1 and fails with {np.__version__}; "
            "pip install 'numpy<2', or use ai-edge-litert: pip install 'edgecnn[litert]'"
        )
    from tflite_runtime.interpreter import Interpreter

    return Interpreter


def _open(interpreter: Any, description: Description, name: str, threads: int, **model: Any) -> Session:
    try:
        return _InterpreterSession(interpreter(num_threads=threads, **model), description.input.shape)
    except (ValueError, RuntimeError) as error:
        runtime = "litert" if interpreter.__module__.startswith("ai_edge_litert") else "tflite-runtime"
        raise BackendError(f"{runtime} refuses {name}: {first_line(error)}") from error
