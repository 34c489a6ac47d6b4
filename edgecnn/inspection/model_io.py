"""Input and output of a .tflite or .onnx file of any origin, read without any package."""

from __future__ import annotations

from dataclasses import dataclass

from edgecnn.flatbuffer import FlatbufferError
from edgecnn.inspection.result import Tensor
from edgecnn.model_files import ModelFile
from edgecnn.protobuf import ProtobufError
from edgecnn.spec import Precision


class ModelIOError(Exception):
    """The file cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class ModelIO:
    """The details in a model file that say how to feed it.

    Attributes:
        inputs, outputs: of the main graph, without weights.
        precision: of the computation, by the types of activations and weights.
        labels: class names, where the file carries them in the way of TFLite's metadata or of Ultralytics' ONNX files.
        mean, std: of pixels 0..255, by TFLite's metadata: the model takes (pixel - mean) / std. Empty if not said.
    """

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    precision: Precision
    labels: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()


def read_io(content: bytes, model_file: ModelFile) -> ModelIO:
    """Return what a model file says about its input and output.

    Raises:
        ModelIOError: it is damaged.
    """
    try:
        model_io: ModelIO = model_file.read_io(content)
    except (FlatbufferError, ProtobufError) as error:
        raise ModelIOError(f"it is damaged: {error}") from error
    return model_io
