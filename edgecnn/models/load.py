"""Reading a trained Keras classifier from a file that may come from a stranger."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgecnn.data.dataset import number_labels
from edgecnn.errors import ModelError, first_line
from edgecnn.files import sha256_file
from edgecnn.models.card import CARD_NAME, read_card
from edgecnn.models.framework import import_keras
from edgecnn.spec import KERAS_SUFFIXES, Scores

if TYPE_CHECKING:
    import keras

_MAX_TEXT_BYTES = 64 * 2**20
_MAX_UNPACKED_BYTES = 8 * 2**30
_PROBE_IMAGES = 8
_IMAGE_AXES = 4
_SUM_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class KerasClassifier:
    """A Keras model that maps one image batch to one score for each class.

    Attributes:
        name: of the model; letters, digits, "_" and "-" only, so that it can be a file name.
        model: takes float32 (N, H, W, C), returns float32 (N, classes).
        shape: height, width and channels of the input.
        labels: one for each class.
        scores: whether the model ends in a softmax.
        sha256: of the file.
    """

    name: str
    path: Path
    model: keras.Model
    shape: tuple[int, int, int]
    labels: tuple[str, ...]
    scores: Scores
    sha256: str


def load_keras_classifier(path: Path, labels: tuple[str, ...] | None = None) -> KerasClassifier:
    """Return the image classifier in a `.keras` or `.h5` file. No code in the file is run.

    Args:
        path: the model file.
        labels: class names; None takes those of a model card beside the file, else "0", "1", ….

    Raises:
        ModelError: the file is missing, damaged or no model; it would run code on loading; or the model is no
            classifier of images of one size.
        BackendError: TensorFlow is not installed.
    """
    if not path.is_file():
        raise ModelError(f"no such model file: {path}")
    if path.suffix not in KERAS_SUFFIXES:
        raise ModelError(f"{path} is no Keras model file: expected a name ending in {', '.join(KERAS_SUFFIXES)}")
    if path.stat().st_size == 0:
        raise ModelError(f"{path} is empty; save the model again")
    if path.suffix == ".keras":
        _check_archive(path)
    keras = import_keras()
    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises whatever its parts raise
        raise ModelError(
            f"{path} cannot be loaded as a Keras model (one with Lambda or custom layers is refused, since it "
            f"would run their code): {first_line(error)}"
        ) from error
    shape, class_count = _image_classifier(model, path)
    name = "".join(char if char.isalnum() or char in "_-" else "_" for char in _name_of(path, model))
    model.name = name  # a name with blanks is one that TensorFlow cannot trace
    found = labels or _labels(path, class_count)
    if len(found) != class_count:
        raise ModelError(f"{path} has {class_count} classes, but {len(found)} labels were given")
    return KerasClassifier(name, path, model, shape, found, _scores(model, shape, path), sha256_file(path))


def _check_archive(path: Path) -> None:
    """Refuse a `.keras` file that is no archive, or one that would unpack to more than a model can need."""
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise ModelError(f"{path} is truncated or no Keras model; save the model again") from error
    texts = sum(size for name, size in sizes.items() if name.endswith(".json"))
    if texts > _MAX_TEXT_BYTES or sum(sizes.values()) > _MAX_UNPACKED_BYTES:
        raise ModelError(f"{path} unpacks to {sum(sizes.values()):,} bytes: refused")


def _name_of(path: Path, model: keras.Model) -> str:
    return str(model.name) if path.stem == "model" else path.stem


def _image_classifier(model: keras.Model, path: Path) -> tuple[tuple[int, int, int], int]:
    """Return input shape without batch, and number of classes.

    Raises:
        ModelError: the model is none, with the reason.
    """
    inputs, outputs = getattr(model, "inputs", None), getattr(model, "outputs", None)
    if not inputs or not outputs:
        raise ModelError(f"{path} has no fixed input shape; call the model on an image once before saving it")
    if len(inputs) != 1 or len(outputs) != 1:
        raise ModelError(
            f"{path} has {len(inputs)} inputs and {len(outputs)} outputs; an image classifier has one of each"
        )
    taken, given = tuple(inputs[0].shape), tuple(outputs[0].shape)
    if len(taken) != _IMAGE_AXES or taken[3] not in (1, 3) or None in taken[1:]:
        raise ModelError(
            f"{path} takes {taken}; an image classifier takes (None, height, width, 1 or 3) of a fixed size"
        )
    if len(given) != 2 or given[1] is None or given[1] < 2:
        raise ModelError(
            f"{path} returns {given}; an image classifier returns (None, classes) with two classes or more"
        )
    return (taken[1], taken[2], taken[3]), given[1]


def _labels(path: Path, class_count: int) -> tuple[str, ...]:
    card = path.with_name(CARD_NAME)
    if card.is_file() and (known := read_card(card)).sha256 == sha256_file(path):
        return known.class_names
    return number_labels(class_count)


def _scores(model: keras.Model, shape: tuple[int, int, int], path: Path) -> Scores:
    """Tell probabilities from logits by their values on random images.

    Raises:
        ModelError: values that lie in 0..1 and do not sum to 1, as those of a sigmoid: the classes do not exclude
            each other.
    """
    images = np.random.default_rng(0).integers(0, 256, (_PROBE_IMAGES, *shape)).astype(np.float32)
    try:
        returned = model(images, training=False)
    except Exception as error:  # of any layer
        raise ModelError(f"{path} cannot be called on {_PROBE_IMAGES} images at once: {first_line(error)}") from error
    if isinstance(returned, dict):
        raise ModelError(f"{path} returns a dict; an image classifier returns the scores alone")
    scores = np.asarray(returned, np.float32)
    if not np.isfinite(scores).all():
        raise ModelError(f"{path} returns scores that are not finite on random images: its weights are damaged")
    if scores.min() >= 0 and np.abs(scores.sum(axis=-1) - 1).max() < _SUM_TOLERANCE:
        return Scores.PROBABILITIES
    if scores.min() >= 0 and scores.max() <= 1:
        raise ModelError(
            f"{path} returns scores in 0..1 that do not sum to 1, as a sigmoid does; "
            "a classifier ends in a softmax or in logits"
        )
    return Scores.LOGITS
