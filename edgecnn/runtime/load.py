"""From a model file to a classifier."""

from __future__ import annotations

from pathlib import Path

from edgecnn.errors import ArtifactError
from edgecnn.model_options import ModelOptions
from edgecnn.runtime.backend import find_backend
from edgecnn.runtime.classifier import Classifier
from edgecnn.spec import KERAS_SUFFIXES, SAVED_MODEL_NAME, Format


def load(
    path: str | Path, threads: int = 1, backend: str | None = None, *, keras: ModelOptions = ModelOptions()
) -> Classifier:
    """Return the classifier in a model file.

    Args:
        path: a `.tflite` or `.onnx` file made by `edgecnn export` or by another tool, or a Keras model or SavedModel
            folder.
        threads: for one inference.
        backend: a name that `edgecnn backends` lists; None takes the first installed one that runs the file.
        keras: what a Keras model or a file of another tool does not say about itself; an artifact says all.

    Raises:
        ArtifactError, ContractError, ModelError: the file is missing, damaged, or not told how it is fed.
        BackendError: the runtime is missing or refuses the file.
    """
    if threads < 1:
        raise ValueError(f"threads must be 1 or more, not {threads}")
    path = Path(path)
    return Classifier(find_backend(format_of(path), backend).open(path, threads, keras))


def format_of(path: Path) -> Format:
    """Return the format of a model file by its name.

    Raises:
        ArtifactError: no such file, or a name that ends in none of the known suffixes.
    """
    try:
        if (path / SAVED_MODEL_NAME).is_file():
            return Format.KERAS
        if path.is_dir():
            raise ArtifactError(f"{path} is a folder, not a model file")
        if not path.exists():
            raise ArtifactError(f"no such model file: {path}")
    except OSError as error:
        raise ArtifactError(f"cannot read {path}: {error.strerror}") from error
    if path.suffix in KERAS_SUFFIXES:
        return Format.KERAS
    for known in (Format.TFLITE, Format.ONNX):
        if path.suffix == f".{known.value}":
            return known
    raise ArtifactError(f"{path} is no model file: expected a name ending in .tflite, .onnx or .keras")
