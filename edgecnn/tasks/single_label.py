"""One label for each image: the classes exclude each other, and the most probable one is the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from edgecnn.errors import DataError, nearest
from edgecnn.pictures import SUFFIXES, pictures_in
from edgecnn.spec import Scores, TensorSpec
from edgecnn.task import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from edgecnn.task import Answers, Counts, Flags, Labels, Probabilities, Task, Tensor, Values

KEPT = 5
"""How many of the most probable classes are stored for each image."""

_WIDEST_EXPONENT = 80.0
"""exp of anything below minus this is not a normal float32."""

_PROBABILITY_FLOOR = 1e-7
"""Keras' epsilon: it keeps losses and divergences finite where a probability was rounded to 0."""

_SUM_TOLERANCE = 1e-3
_SOFTMAX_SCALE = 1 / 256
"""A quantized softmax has this scale, and the lowest value as zero-point.
Source: LiteRT 8-bit quantization specification."""

_MAX_CLASSES = 100_000
"""How many unnamed classes are numbered at most; a label can be up to 2**63."""


class SingleLabel:
    """Labels and answers are int64, (N,): positions among the classes. Each image is one decision."""

    accuracy = "top-1"

    def scores_of(self, values: Probabilities, output: TensorSpec) -> tuple[Scores | None, str]:
        """Return probabilities if no value is negative and rows sum to 1, None for a sigmoid's scores, else logits.

        A quantized softmax has a scale and zero-point of its own.
        """
        is_float, width = output.dtype == "float32", values.shape[1]
        tolerance = _SUM_TOLERANCE if is_float else 0.5 * width * _SOFTMAX_SCALE
        sums_to_one = bool((values >= 0).all() and np.abs(values.sum(axis=1) - 1).max() <= tolerance)
        if not is_float:
            is_softmax = output.scale == _SOFTMAX_SCALE and output.zero_point == np.iinfo(output.dtype).min
            has = "they have" if is_softmax and sums_to_one else "they do not have"
            scores = Scores.PROBABILITIES if is_softmax and sums_to_one else Scores.LOGITS
            return scores, f"{has} the scale and zero-point of a quantized softmax"
        if sums_to_one:
            return Scores.PROBABILITIES, "they sum to 1 on probe images"
        if values.min() >= 0 and values.max() <= 1 and values.any():
            return None, "they are in 0..1 and do not sum to 1, as a sigmoid's"
        return Scores.LOGITS, "they do not sum to 1 on probe images"

    def reader(
        self, scores: Scores, to_real: Callable[[Tensor], Probabilities], stored: Values | None
    ) -> Callable[[Tensor], Probabilities]:
        """Return a softmax, from a table if the logits are 8-bit; probabilities are only converted to real values."""
        if scores is Scores.PROBABILITIES:
            return to_real
        if stored is None:
            return softmax
        if np.ptp(stored) > _WIDEST_EXPONENT:
            return lambda raw: softmax(to_real(raw))
        powers = np.exp(stored - stored.max()).astype(np.float32)

        def normalise(raw: Tensor) -> Probabilities:
            shares: Probabilities = powers[raw.view(np.uint8)]
            shares /= shares.sum(axis=-1, keepdims=True)
            return shares

        return normalise

    def answers(self, probabilities: Probabilities) -> Answers:
        """Return the most probable class of each image."""
        best: Answers = probabilities.argmax(axis=1)
        return best

    def equal(self, answers: Answers, others: Answers | Labels) -> Flags:
        """Return whether the classes are the same, bool, (N,)."""
        same: Flags = np.equal(answers, others)
        return same

    def sureness(self, probabilities: Probabilities) -> Probabilities:
        """Return the highest probability of each image."""
        highest: Probabilities = probabilities.max(axis=1)
        return highest

    def top(self, probabilities: Probabilities, class_names: tuple[str, ...], count: int) -> tuple[Answer, ...]:
        """Return the `count` most probable labels."""
        best = (-probabilities).argsort(kind="stable")[:count].tolist()
        return tuple([Answer(class_names[index], float(probabilities[index])) for index in best])

    def name(self, answer: Any, class_names: tuple[str, ...]) -> str:
        """Return the name of the class."""
        return class_names[int(answer)]

    def keep(self, probabilities: Probabilities) -> list[list[int]]:
        """Return the five most probable classes of each image, or all if fewer, best first."""
        ranked: list[list[int]] = np.argsort(-probabilities, axis=1, kind="stable")[:, :KEPT].tolist()
        return ranked

    def kept_labels(self, kept: tuple[int, ...], class_count: int) -> Labels:
        """Return the numbers as an array."""
        return np.array(kept)

    def kept_answers(self, kept: tuple[tuple[int, ...], ...], class_count: int) -> Answers:
        """Return the first class stored for each image."""
        return np.array([row[0] for row in kept])

    def kept_top(self, kept: tuple[tuple[int, ...], ...], labels: Labels, class_count: int) -> Flags | None:
        """Return whether the label is among the five stored classes; None for five classes or fewer."""
        if class_count <= KEPT:
            return None
        among: Flags = (np.array(kept) == labels[:, None]).any(axis=1)
        return among

    def per_class(self, right: Flags, labels: Labels, class_count: int) -> tuple[Counts, Counts]:
        """Return the numbers of correctly answered images and of all images of each class."""
        return np.bincount(labels[right], minlength=class_count), np.bincount(labels, minlength=class_count)

    def confusion(self, answers: Answers, labels: Labels, class_count: int) -> Counts | None:
        """Return how many images of each class (rows) got each answer (columns)."""
        counts = np.zeros((class_count, class_count), np.int64)
        np.add.at(counts, (labels, answers), 1)
        return counts

    def guessing(self, labels: Labels) -> float:
        """Return the share of the most frequent class."""
        return float(np.bincount(labels).max() / len(labels))

    def cross_entropy(self, probabilities: Probabilities, labels: Labels) -> float:
        """Return the mean of -log of the label's probability."""
        of_label = probabilities[np.arange(len(labels)), labels].astype(np.float64)
        return float(-np.log(np.maximum(of_label, _PROBABILITY_FLOOR)).mean())

    def divergence(self, probabilities: Probabilities, reference: Probabilities) -> float:
        """Return the mean over images of the divergence of two distributions over the classes."""
        own, target = (np.maximum(rows.astype(np.float64), _PROBABILITY_FLOOR) for rows in (probabilities, reference))
        own /= own.sum(axis=1, keepdims=True)
        target /= target.sum(axis=1, keepdims=True)
        return float((target * np.log(target / own)).sum(axis=1).mean())

    def check_labels(
        self, stored: Tensor, image_count: int, class_names: tuple[str, ...] | None
    ) -> tuple[Labels, tuple[str, ...]]:
        """Return labels from an array of integers, (N,)."""
        if stored.shape != (image_count,) or stored.dtype.kind not in "iu":
            raise ValueError(f"needs `labels` of integers, one for each of its {image_count} images")
        lowest, highest = int(stored.min()), int(stored.max())
        if class_names is None:
            class_names = tuple(str(number) for number in range(min(highest + 1, _MAX_CLASSES)))
        if lowest < 0 or highest >= len(class_names):
            raise ValueError(f"has labels {lowest}..{highest}, but there are {len(class_names)} classes")
        return stored.astype(np.int64), class_names

    def find_labels(
        self, folder: Path, class_names: tuple[str, ...] | None
    ) -> tuple[list[Path], Labels, tuple[str, ...]] | None:
        """Return the pictures in `folder/<label>/`, sorted by name; None if there are no sub-folders."""
        pictures = {
            entry.name: pictures_in(entry)
            for entry in sorted(folder.iterdir())
            if entry.is_dir() and not entry.name.startswith(".")
        }
        if not pictures:
            return None
        names = tuple(pictures) if class_names is None else class_names
        for name in pictures:
            if name not in names:
                raise DataError(f"{folder / name} is not named after a class{nearest(name, names)}")
        files = [file for of_class in pictures.values() for file in of_class]
        if not files:
            raise DataError(f"{folder} has no pictures in its sub-folders (looked for {', '.join(sorted(SUFFIXES))})")
        numbers = {name: number for number, name in enumerate(names)}
        return files, np.array([numbers[file.parent.name] for file in files], np.int64), names

    def strata(self, labels: Labels) -> Labels:
        """Return the labels: draws take from the classes in turn."""
        return labels

    def targets(self, labels: Labels, class_count: int) -> Any:
        """Return one-hot rows."""
        import tensorflow as tf

        return tf.one_hot(labels, class_count)

    def loss(self, label_smoothing: float) -> Any:
        """Return the categorical cross-entropy."""
        import keras

        return keras.losses.CategoricalCrossentropy(label_smoothing=label_smoothing)


def softmax(logits: Probabilities) -> Probabilities:
    """Return probabilities over the last axis, same shape."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), np.float32)


TASK: Task = SingleLabel()
