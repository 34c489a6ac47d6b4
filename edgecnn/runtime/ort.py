"""ONNX files on ONNX Runtime's CPU provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgecnn.contract import Description, parse_contract
from edgecnn.errors import BackendError, first_line
from edgecnn.runtime.backend import Opened, Session, Tensor
from edgecnn.runtime.telemetry import untracked

if TYPE_CHECKING:
    from pathlib import Path

PROVIDER = "CPUExecutionProvider"
_ERRORS_ONLY = 3


class _OrtSession:
    def __init__(self, session: Any, input_name: str, output_name: str) -> None:
        self._run, self._input, self._outputs = session.run, input_name, [output_name]

    def run(self, tensor: Tensor) -> Tensor:
        return self._run(self._outputs, {self._input: tensor})[0]  # type: ignore[no-any-return]


def session_options(threads: int) -> Any:
    """Return `onnxruntime.SessionOptions` with which edgecnn opens and measures every model.

    All graph optimizations are on. Threads do not spin between calls: at a camera's frame rate spinning burns a core
    while there is nothing to do.
    """
    with untracked():
        import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.inter_op_num_threads = 1
    settings.log_severity_level = _ERRORS_ONLY
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return settings


def open_onnxruntime(path: Path, threads: int, description: Description) -> Session:
    """Return a session on the CPU with all graph optimizations."""
    return _open(str(path), description, str(path), threads)


def onnxruntime_from_bytes(content: bytes, name: str, threads: int) -> Opened:
    """Return `open_onnxruntime` of a file's content, with its contract; errors call it `name`."""
    contract = parse_contract(content, name)
    return Opened(contract, _open(content, contract, name, threads))


def _open(model: str | bytes, description: Description, name: str, threads: int) -> Session:
    with untracked():
        import onnxruntime

    try:
        session = onnxruntime.InferenceSession(model, session_options(threads), providers=[PROVIDER])
    except Exception as error:  # its exceptions have no base class but Exception
        raise BackendError(f"onnxruntime refuses {name}: {first_line(error)}") from error
    return _OrtSession(session, description.input.name, description.output.name)
