"""From a frame to labels, with the time taken."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgecnn.preprocess import fit_pixels, load_image
from edgecnn.runtime.classifier import Classifier
from edgecnn.task import Answer
from edgecnn.watch.frame import Frame


@dataclass(frozen=True, slots=True)
class Seen:
    """The model's answer for a frame.

    Attributes:
        answers: the most probable labels, best first.
        prepare_seconds: from the frame to the model's input size; for a file this includes reading and decoding.
        inference_seconds: from there to probabilities.
    """

    answers: tuple[Answer, ...]
    prepare_seconds: float
    inference_seconds: float


Classify = Callable[[Frame], Seen]
"""Raises DataError for a file that is not a picture."""


def frame_classifier(classifier: Classifier, top: int) -> Classify:
    """Return a function that classifies frames exactly as `edgecnn predict` classifies files, with `top` labels."""
    shape, preprocessing, labels = classifier.shape, classifier.contract.preprocessing, classifier.labels
    clock, top_answers = time.perf_counter, classifier.task.top

    def classify(frame: Frame) -> Seen:
        begin = clock()
        image = frame.image
        if isinstance(image, Path):
            pixels = load_image(image, shape, preprocessing)
        else:
            pixels = fit_pixels(image, shape, preprocessing)
        prepared = clock()
        scores = classifier.predict(pixels)
        end = clock()
        return Seen(top_answers(scores, labels, top), prepared - begin, end - prepared)

    classify(Frame(np.zeros((8, 8, 3), np.uint8), 0.0, 0))  # the first call loads Pillow and fills caches
    return classify
