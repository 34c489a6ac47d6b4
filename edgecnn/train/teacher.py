"""A trained model whose answers another model learns from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgecnn.data.dataset import Dataset, number_labels
from edgecnn.errors import ModelError
from edgecnn.intervals import wilson
from edgecnn.models.registry import find_model_file
from edgecnn.models.trained import load_trained
from edgecnn.spec import Scores

if TYPE_CHECKING:
    import keras

_TRIED = 500
"""Number of training images on which a teacher must beat guessing."""


def find_teacher(name: str, images: Dataset) -> keras.Model:
    """Return a trained model that can teach the images' classes.

    Its input is pixels 0..255. A file without labels is assumed to have the images' classes, in order, if the number
    matches.

    Args:
        name: of a shipped model, or path of a Keras file.
        images: to train on.

    Raises:
        ModelError: no such model, or its output is not probabilities, its classes or input shape differ, or it is no
            better than guessing.
    """
    known, teacher = load_trained(find_model_file(name))
    shape = images.images.shape[1:]
    if known.scores is not Scores.PROBABILITIES:
        raise ModelError(f"{name} cannot teach: its output must be probabilities")
    if known.labels not in (images.class_names, number_labels(len(images.class_names))):
        raise ModelError(f"{name} cannot teach: its {len(known.labels)} classes are not those of the images")
    if known.shape != shape:
        raise ModelError(f"{name} cannot teach: it takes {_by(known.shape)} values, the images have {_by(shape)}")
    some = np.linspace(0, len(images) - 1, min(len(images), _TRIED)).astype(int)
    part, task = images.take(some), images.task
    right = task.equal(task.answers(teacher.predict(part.images, verbose=0)), part.known_labels)
    if wilson(int(right.sum()), right.size).low <= task.guessing(part.known_labels):
        raise ModelError(
            f"{name} cannot teach: {right.mean():.0%} right on the images is no better than guessing; it must take "
            "pixels 0..255 and have the classes in their order"
        )
    return teacher


def _by(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))
