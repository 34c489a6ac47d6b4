"""From a converter's payload to a sealed file that other tools understand and that can be verified anywhere."""

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
    """Write a model file with contract, metadata and golden images; return it loaded by the runtime that will run it.

    Args:
        path: of the file.
        payload: TFLite flatbuffer or ONNX model, as a converter made it.
        contract: what it says about itself; its golden images are made anew.
        golden: uint8, (N, H, W, C), images to answer; none for N = 0.
    """
    described = MODEL_FILES[contract.format].describe(payload, _facts(contract))
    path.write_bytes(seal(described, replace(contract, golden=None)))
    classifier = load(path)
    if len(golden):
        path.write_bytes(seal(described, replace(contract, golden=make_golden(classifier, golden))))
    return classifier


def spread(images: Images, count: int) -> Images:
    """Return `count` of the images at most, evenly spread over all."""
    return images[np.linspace(0, len(images) - 1, min(count, len(images))).astype(np.intp)]


def _facts(contract: Contract) -> Facts:
    """Return what viewers and other tools are told."""
    return Facts(
        name=f"{contract.origin.name} {contract.precision.value}",
        description=f"Image classifier of {len(contract.labels)} classes, exported from Keras.",
        labels=contract.labels,
        scores=contract.scores,
        colour=contract.preprocessing.colour,
        producer=("edgecnn", __version__),
    )
