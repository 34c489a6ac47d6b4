"""Finding out what nobody says about a model by running it."""

from __future__ import annotations

import numpy as np

from edgecnn.runtime.backend import Opened, Session
from edgecnn.runtime.classifier import Classifier
from edgecnn.runtime.foreign import ForeignContract, ForeignDescription
from edgecnn.spec import Scores, TensorSpec

_FLOAT_TOLERANCE = 1e-3
_SOFTMAX_SCALE = 1 / 256
"""Of a quantized softmax, with the lowest stored value for 0. Source: LiteRT 8-bit quantization specification."""


def with_scores(description: ForeignDescription, session: Session) -> ForeignContract:
    """Return the contract of a foreign model whose scores were found to be probabilities or logits; a note says why.

    Probabilities are what is nowhere negative and sums to 1, on an image of noise and a grey one.
    """
    images = np.random.default_rng(0).integers(0, 256, (2, *description.image_shape), np.uint8)
    images[1] = 128
    answers = Classifier(Opened(description.with_scores(Scores.LOGITS), session)).scores(images)
    output = description.output
    tolerance = _FLOAT_TOLERANCE if output.dtype == "float32" else 0.5 * len(description.labels) * _SOFTMAX_SCALE
    sums_to_one = bool((answers >= 0).all() and np.abs(answers.sum(axis=1) - 1).max() <= tolerance)
    if output.dtype == "float32":
        scores = Scores.PROBABILITIES if sums_to_one else Scores.LOGITS
        why = "they sum to 1 on probe images" if sums_to_one else "they do not sum to 1 on probe images"
    else:
        is_softmax = _is_quantized_softmax(output) and sums_to_one
        scores = Scores.PROBABILITIES if is_softmax else Scores.LOGITS
        why = "they have" if is_softmax else "they do not have"
        why += " the scale and zero-point of a quantized softmax"
    note = f"nobody says what the scores are: {why}, so they are taken for {scores.value}"
    return description.with_scores(scores, note)


def _is_quantized_softmax(spec: TensorSpec) -> bool:
    return spec.scale == _SOFTMAX_SCALE and spec.zero_point == np.iinfo(spec.dtype).min
