"""Golden images: a few inputs stored in an artifact, with its answers from the machine that made it.

Running them on another machine or runtime shows whether the file computes there what it computed when its accuracy
was measured.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass

import numpy as np

from edgecnn.contract import Contract, Golden
from edgecnn.errors import ContractError
from edgecnn.runtime.classifier import Classifier, Images, Probabilities
from edgecnn.spec import MAX_GOLDEN
from edgecnn.task import same_answers

MAX_SIDE = 64
"""Pictures are stored no larger than this, so that they stay small beside the weights."""

STEPS = 2.0
"""Tolerance of a quantized score, in steps: other kernels round sums differently, by a step now and then."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """How far a file's answers are from the golden ones.

    Attributes:
        images: how many were compared.
        worst: the largest difference of a score, as a share of the tolerance.
        same_labels: how many have the same best label.
    """

    images: int
    worst: float
    same_labels: int

    @property
    def is_tolerable(self) -> bool:
        """Whether no score is further off than the precision explains."""
        return self.worst <= 1.0


def make_golden(classifier: Classifier, images: Images) -> Golden:
    """Return golden images made from `images`, with the classifier's answers.

    Args:
        classifier: the artifact on the runtime that made it.
        images: uint8, (N, H, W, C), of the input's size.
    """
    height, width, _ = classifier.shape
    rows, columns = -(-height // MAX_SIDE), -(-width // MAX_SIDE)
    small = np.ascontiguousarray(images[:, ::rows, ::columns])
    scores = classifier.scores(_enlarged(small, height, width))
    return Golden(
        shape=small.shape,
        pixels=base64.b64encode(zlib.compress(small.tobytes(), 9)).decode(),
        scores=tuple(tuple(float(score) for score in row) for row in scores),
    )


def compare_golden(classifier: Classifier) -> Deviation:
    """Return how far the answers are from those in the contract.

    Raises:
        ContractError: the contract has no golden images, or some that do not fit the model.
    """
    contract = classifier.contract
    if contract.golden is None:
        raise ContractError("it carries no golden images; export the model again, without --golden 0")
    images, expected = _unpacked(contract, contract.golden)
    found, task = classifier.scores(images), classifier.task
    to_probabilities = task.reader(contract.scores, np.asarray, None)
    answers = [task.answers(to_probabilities(scores)) for scores in (found, expected)]
    worst = float(np.abs(found - expected).max() / _tolerance(contract, expected))
    return Deviation(len(images), worst, int(same_answers(task, *answers).sum()))


def _tolerance(contract: Contract, expected: Probabilities) -> float:
    if contract.output.dtype != "float32":
        return STEPS * contract.output.scale
    return float(contract.precision.tolerance * max(np.abs(expected).max(), 1.0))


def _unpacked(contract: Contract, golden: Golden) -> tuple[Images, Probabilities]:
    """Return the inputs, uint8 (N, H, W, C), and the expected scores, float32 (N, outputs)."""
    height, width, channels = contract.image_shape
    count = len(golden.scores)
    expected = np.array([row for row in golden.scores if len(row) == contract.output.shape[1]], np.float32)
    fits = len(golden.shape) == 4 and golden.shape[0] == count == len(expected) and golden.shape[3] == channels
    if not fits or not 0 < count <= MAX_GOLDEN or not all(0 < side <= MAX_SIDE for side in golden.shape[1:3]):
        raise ContractError(f"its golden images of shape {golden.shape} do not fit the model")
    size = int(np.prod(golden.shape))
    try:
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(base64.b64decode(golden.pixels, validate=True), size)
    except (ValueError, zlib.error) as error:
        raise ContractError(f"its golden images cannot be unpacked: {error}") from error
    if len(content) != size:
        raise ContractError("its golden images are incomplete")
    return _enlarged(np.frombuffer(content, np.uint8).reshape(golden.shape), height, width), expected


def _enlarged(small: Images, height: int, width: int) -> Images:
    """Return the pictures at the input's size, each pixel repeated."""
    rows = np.arange(height) * small.shape[1] // height
    columns = np.arange(width) * small.shape[2] // width
    return np.ascontiguousarray(small[:, rows][:, :, columns])
