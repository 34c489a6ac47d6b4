"""ONNX files on ONNX Runtime's CPU provider."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgecnn.contract import KerasOptions, read_contract
from edgecnn.errors import BackendError, first_line
from edgecnn.runtime.backend import Opened, Tensor

_ERRORS_ONLY = 3


class _OrtSession:
    def __init__(self, session: Any, input_name: str, output_name: str) -> None:
        self._run, self._input, self._outputs = session.run, input_name, [output_name]

    def run(self, tensor: Tensor) -> Tensor:
        return self._run(self._outputs, {self._input: tensor})[0]  # type: ignore[no-any-return]


def open_onnxruntime(path: Path, threads: int, _: KerasOptions) -> Opened:
    """Return a session on the CPU with all graph optimizations.

    Threads do not spin between calls: at a camera's frame rate spinning burns a core while there is nothing to do.
    """
    import onnxruntime

    contract = read_contract(path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no base class but Exception
        raise BackendError(f"onnxruntime refuses {path}: {first_line(error)}") from error
    return Opened(contract, _OrtSession(session, contract.input.name, contract.output.name))
