"""Seal a converter's payload into a file that other tools understand and anyone can verify."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from edgecnn._version import __version__
from edgecnn.contract import Contract, seal
from edgecnn.metadata.facts import Facts
from edgecnn.model_files import MODEL_FILES
from edgecnn.runtime.classifier import Classifier, Images
from edgecnn.runtime.golden import make_golden
from edgecnn.runtime.load import load


def write_artifact(path: Path, payload: bytes, contract: Contract, golden: Images) -> Classifier:
    """Write a model file with its contract, metadata and golden images; return it loaded in its own runtime.

    Args:
        path: the file to write.
        payload: TFLite flatbuffer or ONNX model from a converter.
        contract: the file's contract; its golden images are replaced.
        golden: uint8, (N, H, W, C), images to store with their answers; N = 0 stores none.
    """
    described = MODEL_FILES[contract.format].describe(payload, _facts(contract))
    path.write_bytes(seal(described, replace(contract, golden=None)))
    classifier = load(path)
    if len(golden):
        path.write_bytes(seal(described, replace(contract, golden=make_golden(classifier, golden))))
    return classifier


def spread(images: Images, count: int) -> Images:
    """Return at most `count` of the images, evenly spaced."""
    return images[np.linspace(0, len(images) - 1, min(count, len(images))).astype(np.intp)]


def _facts(contract: Contract) -> Facts:
    """Return the metadata for viewers and other tools."""
    return Facts(
        name=f"{contract.origin.name} {contract.precision.value}",
        description=f"Image classifier of {len(contract.labels)} classes, exported from Keras.",
        labels=contract.labels,
        scores=contract.scores,
        colour=contract.preprocessing.colour,
        producer=("edgecnn", __version__),
    )
