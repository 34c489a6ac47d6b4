"""Finding out what nobody says about a model by running it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgecnn.contract import ForeignContract
from edgecnn.runtime.backend import Opened
from edgecnn.runtime.classifier import Classifier
from edgecnn.spec import Scores, TensorSpec

_FLOAT_TOLERANCE = 1e-3
_SOFTMAX_SCALE = 1 / 256
"""Of a quantized softmax, with the lowest stored value for 0. Source: LiteRT 8-bit quantization specification."""


def with_scores(opened: Opened) -> Opened:
    """Return a foreign model with its scores found to be probabilities or logits, and a note that says why.

    Probabilities are what is nowhere negative and sums to 1, on an image of noise and a grey one.
    """
    contract = opened.contract
    assert isinstance(contract, ForeignContract)
    noise = np.random.default_rng(0).integers(0, 256, (2, *contract.image_shape), np.uint8)
    noise[1] = 128
    given = Classifier(opened).scores(noise)
    tolerance = _FLOAT_TOLERANCE if contract.output.dtype == "float32" else 0.5 * len(contract.labels) * _SOFTMAX_SCALE
    sums_to_one = bool((given >= 0).all() and np.abs(given.sum(axis=1) - 1).max() <= tolerance)
    if contract.output.dtype == "float32":
        scores = Scores.PROBABILITIES if sums_to_one else Scores.LOGITS
        why = "they sum to 1 on probe images" if sums_to_one else "they do not sum to 1 on probe images"
    else:
        is_softmax = _is_quantized_softmax(contract.output) and sums_to_one
        scores = Scores.PROBABILITIES if is_softmax else Scores.LOGITS
        why = "they have" if is_softmax else "they do not have"
        why += " the scale and zero-point of a quantized softmax"
    note = f"nobody says what the scores are: {why}, so they are taken for {scores.value}"
    return replace(
        opened,
        contract=replace(contract, scores=scores, scores_are_known=True, notes=(*contract.notes, note)),
    )


def _is_quantized_softmax(spec: TensorSpec) -> bool:
    return spec.scale == _SOFTMAX_SCALE and spec.zero_point == np.iinfo(spec.dtype).min
