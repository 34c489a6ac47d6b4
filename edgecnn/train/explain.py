"""The pictures of `edgecnn explain`: what a model's convolutions look for and what they find in an image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edgecnn.data.dataset import Pixels
from edgecnn.files import write_atomic
from edgecnn.models.load import KerasClassifier
from edgecnn.spec import Scores
from edgecnn.train.activation_plots import filters_picture, maps_picture
from edgecnn.train.activations import activation_maps, first_filters


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """Pictures of an answer.

    Attributes:
        scores: float32, (classes,): probabilities.
        files: of the filters, then of each convolution's activation maps.
    """

    scores: npt.NDArray[np.float32]
    files: tuple[Path, ...]


def explain(classifier: KerasClassifier, image: Pixels, out: Path) -> Explained:
    """Write `filters.png` and, for each convolution, `maps-<number>-<layer>.png` into `out`.

    Args:
        classifier: the model.
        image: uint8, (H, W, C), of the model's size.
        out: folder, made if needed.

    Raises:
        ModelError: the model has no convolution.
        OutputError: a file cannot be written.
    """
    model = classifier.model
    found = activation_maps(model, image)
    kernel = first_filters(model)
    title = f"{classifier.name}, {found[0].layer}: {kernel.shape[-1]} filters of {kernel.shape[0]}×{kernel.shape[1]}"
    pictures = {"filters.png": filters_picture(kernel, title)}
    for number, maps in enumerate(found, 1):
        height, width, channels = maps.values.shape
        title = f"{classifier.name}, {maps.layer}: {channels} maps of {height}×{width}"
        pictures[f"maps-{number:02}-{maps.layer}.png"] = maps_picture(maps, image, title)
    for name, content in pictures.items():
        write_atomic(out / name, content)
    scores = np.asarray(model(image[None].astype(np.float32), training=False), np.float32)[0]
    if classifier.scores is Scores.LOGITS:
        scores = np.exp(scores - scores.max())
        scores /= scores.sum()
    return Explained(scores, tuple(out / name for name in pictures))
