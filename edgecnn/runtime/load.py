"""Loading a classifier from a model file."""

from __future__ import annotations

from pathlib import Path

from edgecnn.contract import Contract
from edgecnn.errors import ArtifactError
from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasLoading
from edgecnn.model_files import MODEL_FILES
from edgecnn.runtime.backend import Opened
from edgecnn.runtime.classifier import Classifier
from edgecnn.runtime.description import describe_model
from edgecnn.runtime.lookup import find_backend
from edgecnn.spec import KERAS_SUFFIXES, SAVED_MODEL_NAME, Format


def load(
    path: str | Path,
    threads: int = 1,
    backend: str | None = None,
    *,
    feeding: Feeding = Feeding(),
    loading: KerasLoading = KerasLoading(),
) -> Classifier:
    """Return the classifier in a model file.

    Args:
        path: a `.tflite` or `.onnx` file made by `edgecnn export` or by another tool, or a Keras model or SavedModel
            folder.
        threads: number of threads for one inference.
        backend: a name that `edgecnn backends` lists; None selects the first installed one that runs the file.
        feeding: the input and output details that a Keras model or a file of another tool leaves out; an artifact
            has them all.
        loading: which code of a Keras model may run, and how the model is called.

    Raises:
        ArtifactError, ContractError, ModelError: the file is missing or damaged, or how to feed it is not stated.
        BackendError: the runtime is missing or refuses the file.
    """
    return Classifier(open_model(path, threads, backend, feeding=feeding, loading=loading))


def open_model(
    path: str | Path,
    threads: int = 1,
    backend: str | None = None,
    *,
    feeding: Feeding = Feeding(),
    loading: KerasLoading = KerasLoading(),
) -> Opened:
    """Return a model file as a session with its contract; arguments and errors are those of `load`."""
    if threads < 1:
        raise ValueError(f"threads must be 1 or more, not {threads}")
    path = Path(path)
    file_format = format_of(path)
    runtime = find_backend(file_format, backend)
    if file_format is Format.KERAS:
        return runtime.open_keras(path, threads, feeding, loading)
    description = describe_model(path, feeding)
    session = runtime.open(path, threads, description)
    if isinstance(description, Contract):
        return Opened(description, session)
    from edgecnn.runtime.probe import with_scores  # more to import than most users need

    return Opened(with_scores(description, session), session)


def format_of(path: Path) -> Format:
    """Return the format of a model file by its name.

    Raises:
        ArtifactError: no such file, or an unknown suffix.
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
    for row in MODEL_FILES.values():
        if path.suffix == row.suffix:
            return row.format
    known = ", ".join(row.suffix for row in MODEL_FILES.values())
    raise ArtifactError(f"{path} is no model file: expected a name ending in {known} or {KERAS_SUFFIXES[0]}")
