"""Loading a trained Keras classifier from a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from edgecnn.contract import Preprocessing
from edgecnn.data.dataset import number_labels
from edgecnn.errors import ModelError
from edgecnn.feeding import Feeding
from edgecnn.files import sha256_file, sha256_folder
from edgecnn.keras_loading import KerasLoading
from edgecnn.models.card import CARD_NAME, read_card
from edgecnn.models.classifier import KerasClassifier, image_shape, probe
from edgecnn.models.keras_file import read_keras_file
from edgecnn.models.saved_model import is_saved_model, read_saved_model
from edgecnn.spec import KERAS_SUFFIXES

__all__ = ["KerasClassifier", "load_keras_classifier"]


def load_keras_classifier(
    path: Path, feeding: Feeding = Feeding(), loading: KerasLoading = KerasLoading()
) -> KerasClassifier:
    """Return the image classifier in a `.keras` or `.h5` file or a SavedModel folder.

    No code in the file is run unless `loading` says so.

    Args:
        path: the model.
        feeding: its input, task and labels; the default labels are those of a model card beside the file, else "0",
            "1", ….
        loading: which code may run.

    Raises:
        ModelError: the file is missing, damaged or not a model; it would run code; or the model is not a classifier of
            images of one size.
        BackendError: TensorFlow is not installed.
    """
    if is_saved_model(path):
        network, digest = read_saved_model(path, trust_code=loading.trust_code), sha256_folder(path)
    elif not path.is_file():
        raise ModelError(f"no such model file: {path}")
    elif path.suffix not in KERAS_SUFFIXES:
        raise ModelError(
            f"{path} is not a Keras model file: expected a name ending in {', '.join(KERAS_SUFFIXES)}, "
            "or a SavedModel folder"
        )
    else:
        code = None if loading.code is None else Path(loading.code)
        network, digest = read_keras_file(path, trust_code=loading.trust_code, code=code), sha256_file(path)
    shape = image_shape(network.input_shape, path)
    preprocessing = feeding.preprocessing or Preprocessing()
    if shape[2] == 1 and preprocessing.colour == "RGB":
        preprocessing = replace(preprocessing, colour="L")
    if not preprocessing.fits(shape[2]):
        raise ModelError(f"{path} takes {shape[2]} channels, which do not fit {preprocessing}")
    head = probe(network, shape, preprocessing, path, feeding.task)
    found = feeding.labels or _labels(path, digest, head.class_count)
    if len(found) != head.class_count:
        raise ModelError(f"{path} has {head.class_count} classes, but {len(found)} labels were given")
    return KerasClassifier(
        name=_file_name(network.name if path.stem == "model" else path.resolve().stem),
        path=path,
        call=network.call,
        model=network.model,
        shape=shape,
        labels=found,
        head=head,
        sha256=digest,
        preprocessing=preprocessing,
        layers=network.layers,
        parameters=network.parameters,
    )


def _file_name(name: str) -> str:
    return "".join(char if char.isalnum() or char in "_-" else "_" for char in name)


def _labels(path: Path, digest: str, class_count: int) -> tuple[str, ...]:
    card = path.absolute().parent / CARD_NAME  # "." has no name
    if card.is_file() and (known := read_card(card)).sha256 == digest:
        return known.class_names
    return number_labels(class_count)
