"""TFLite files on LiteRT (`ai_edge_litert`) and its predecessor `tflite_runtime`: one interpreter under two names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgecnn.contract import KerasOptions, read_contract
from edgecnn.errors import BackendError, first_line
from edgecnn.runtime.backend import Opened, Tensor


class _InterpreterSession:
    """A TFLite interpreter with one input and one output."""

    def __init__(self, interpreter: Any) -> None:
        interpreter.allocate_tensors()
        self._input = interpreter.get_input_details()[0]["index"]
        self._output = interpreter.get_output_details()[0]["index"]
        self._set, self._invoke, self._get = interpreter.set_tensor, interpreter.invoke, interpreter.get_tensor

    def run(self, tensor: Tensor) -> Tensor:
        self._set(self._input, tensor)
        self._invoke()
        return self._get(self._output)  # type: ignore[no-any-return]


def open_litert(path: Path, threads: int, _: KerasOptions) -> Opened:
    """Return a session on LiteRT, with XNNPACK as the interpreter switches it on."""
    from ai_edge_litert.interpreter import Interpreter

    return _open(Interpreter, path, threads, "litert")


def open_tflite_runtime(path: Path, threads: int, _: KerasOptions) -> Opened:
    """Return a session on tflite-runtime 2.14, which needs NumPy 1."""
    import numpy as np

    if int(np.__version__.split(".")[0]) > 1:
        raise BackendError(
            f"tflite-runtime was built for NumPy 1 and fails with {np.__version__}; "
            "pip install 'numpy<2', or use ai-edge-litert: pip install 'edgecnn[litert]'"
        )
    from tflite_runtime.interpreter import Interpreter

    return _open(Interpreter, path, threads, "tflite-runtime")


def _open(interpreter: Any, path: Path, threads: int, name: str) -> Opened:
    contract = read_contract(path)
    try:
        return Opened(contract, _InterpreterSession(interpreter(model_path=str(path), num_threads=threads)))
    except (ValueError, RuntimeError) as error:
        raise BackendError(f"{name} refuses {path}: {first_line(error)}") from error
