"""A trained classifier in TensorFlow, and the trial run that determines its kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edgecnn.contract import Preprocessing
from edgecnn.errors import ModelError, first_line
from edgecnn.models.layers import Layers
from edgecnn.spec import Scores, TensorSpec
from edgecnn.task import TASKS, find_task

if TYPE_CHECKING:
    import keras

_PROBE_IMAGES = 8
_IMAGE_AXES = 4


@dataclass(frozen=True, slots=True)
class LoadedNetwork:
    """The contents of a model file.

    Attributes:
        name: as in the file.
        call: takes a float32 tensor (N, H, W, C), returns the model's inference output.
        model: with its layers; None for a SavedModel, which has none.
        input_shape: with the batch axis; None for a free axis.
        layers: their names, to find them again in a converted file.
        parameters: number of weights.
    """

    name: str
    call: Callable[[Any], Any]
    model: keras.Model | None
    input_shape: tuple[int | None, ...]
    layers: Layers
    parameters: int


@dataclass(frozen=True, slots=True)
class ClassifierHead:
    """A model's output: scores per image, number of classes, task, and kind of scores."""

    outputs: int
    class_count: int
    task: str
    scores: Scores


@dataclass(frozen=True, slots=True)
class KerasClassifier:
    """A trained model that maps one image batch to the scores of its classes.

    Attributes:
        name: of the model; letters, digits, "_" and "-" only, so that it can be a file name.
        path: of its file or folder.
        call: takes a float32 tensor (N, H, W, C) of the values that `preprocessing` describes, returns a float32
            tensor (N, outputs).
        model: as in `LoadedNetwork`.
        shape: height, width and channels of the input.
        labels: one for each class.
        head: the model's output.
        sha256: of the file.
        preprocessing: of the model's input.
        layers: as in `LoadedNetwork`.
        parameters: number of weights.
    """

    name: str
    path: Path
    call: Callable[[Any], Any]
    model: keras.Model | None
    shape: tuple[int, int, int]
    labels: tuple[str, ...]
    head: ClassifierHead
    sha256: str
    preprocessing: Preprocessing
    layers: Layers
    parameters: int

    @property
    def scores(self) -> Scores:
        """The kind of the model's scores."""
        return self.head.scores


def image_shape(taken: tuple[int | None, ...], path: Path) -> tuple[int, int, int]:
    """Return height, width and channels of an input shape.

    Raises:
        ModelError: it is not a shape of images of one size.
    """
    if len(taken) != _IMAGE_AXES or taken[3] not in (1, 3) or None in taken[1:]:
        raise ModelError(
            f"{path} takes {taken}; an image classifier takes (None, height, width, 1 or 3) of a fixed size"
        )
    height, width, channels = (size or 0 for size in taken[1:])
    return height, width, channels


def probe(
    network: LoadedNetwork,
    shape: tuple[int, int, int],
    preprocessing: Preprocessing,
    path: Path,
    stated: str | None = None,
) -> ClassifierHead:
    """Return the kind of a model's output, from a run on random images.

    Args:
        network: the model.
        shape, preprocessing: of its input.
        path: of its file.
        stated: its task; None takes the first task in the table that its scores fit.

    Raises:
        ModelError: it cannot be called, or its output fits no task.
    """
    values = _call_on_random_images(network, shape, preprocessing, path)
    outputs = values.shape[-1]
    tasks = TASKS if stated is None else {stated: TASKS[stated]}
    if values.ndim != 2 or not any(entry.class_count(outputs) > 1 for entry in tasks.values()):
        returned = (None, *values.shape[1:])
        raise ModelError(
            f"{path} returns {returned}; an image classifier returns (None, classes) with two classes or more"
        )
    if not np.isfinite(values).all():
        raise ModelError(f"{path} returns scores that are not finite on random images: its weights are damaged")
    output, reasons = TensorSpec("scores", values.shape, "float32"), []
    for name, entry in tasks.items():
        scores, why = find_task(name).scores_of(values, output)
        if scores is not None and entry.class_count(outputs) > 1:
            return ClassifierHead(outputs, entry.class_count(outputs), name, scores)
        reasons.append(why)
    raise ModelError(
        f"{path} returns scores that fit no task: {reasons[0]}; a classifier ends in a softmax or in logits"
    )


def _call_on_random_images(
    network: LoadedNetwork, shape: tuple[int, int, int], preprocessing: Preprocessing, path: Path
) -> np.ndarray:
    pixels = np.random.default_rng(0).integers(0, 256, (_PROBE_IMAGES, *shape))
    real = (pixels * np.array(preprocessing.scale) + np.array(preprocessing.offset)).astype(np.float32)
    try:
        returned = network.call(real)
    except Exception as error:  # of any layer
        raise ModelError(f"{path} cannot be called on {_PROBE_IMAGES} images at once: {first_line(error)}") from error
    if isinstance(returned, (dict, list, tuple)):
        kind = type(returned).__name__
        raise ModelError(f"{path} returns a {kind} of {len(returned)}; an image classifier returns the scores alone")
    return np.asarray(returned, np.float32)
