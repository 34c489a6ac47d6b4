"""TFLite and ONNX files on OpenVINO's CPU device."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgecnn.contract import Description
from edgecnn.errors import BackendError, first_line
from edgecnn.runtime.backend import Session, Tensor
from edgecnn.runtime.telemetry import untracked

_NOISE = ("Exception from", "Check '", "FrontEnd API failed")
"""Prefixes of lines that say where in OpenVINO's code an error occurred, not what it is."""


class _OpenvinoSession:
    """An inference request whose input tensor is written in place, which takes two thirds of a plain call's time."""

    def __init__(self, compiled: Any) -> None:
        self._request = compiled.create_infer_request()
        self._input = self._request.get_input_tensor().data
        self._infer, self._output = self._request.infer, self._request.get_output_tensor

    def run(self, tensor: Tensor) -> Tensor:
        self._input[...] = tensor
        self._infer(share_outputs=True)
        return self._output().data.copy()  # type: ignore[no-any-return]  # the next call overwrites it


def open_openvino(path: Path, threads: int, description: Description) -> Session:
    """Return a session on the CPU for one request at a time.

    Floats are computed as float32: on processors with AMX or AVX-512's bfloat16 OpenVINO would use bfloat16, and a
    float32 file would be measured as something else. Nothing is sent: see `edgecnn.runtime.telemetry`.

    Raises:
        BackendError: OpenVINO refuses the file, as it does TFLite files of float16 and int16x8.
    """
    with untracked():
        import openvino

    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": 1,
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": "f32",
    }
    try:
        core = openvino.Core()
        model = core.read_model(path)
        model.reshape(list(description.input.shape))  # a file may leave its batch open
        return _OpenvinoSession(core.compile_model(model, "CPU", settings))
    except RuntimeError as error:
        raise BackendError(f"openvino refuses {path}: {_reason(error)}") from error


def _reason(error: RuntimeError) -> str:
    lines = [line.strip() for line in str(error).splitlines()]
    return next((line for line in lines if line and not line.startswith(_NOISE)), first_line(error))
