"""Put trained models into the package: the Keras model with its card, and its int8 artifacts.

The card gets the int8 artifacts' accuracy on all 10,000 test images, so the full CIFAR-10 must have been fetched.
A model that is in the package already is exported and measured again.

Usage: edgecnn train --recipe tuned --seed 1 && python tools/ship_model.py runs/tutorial_cnn-tuned
       python tools/ship_model.py edgecnn/assets/tutorial_cnn
"""

from __future__ import annotations

import dataclasses
import shutil
import sys
import tempfile
from pathlib import Path

from edgecnn.data.cache import load_full
from edgecnn.export import export_model
from edgecnn.files import write_atomic
from edgecnn.models.card import CARD_NAME, read_card
from edgecnn.models.macs import multiply_accumulates
from edgecnn.models.registry import ASSETS, SHIPPED
from edgecnn.models.score import Score, score
from edgecnn.models.trained import load_trained
from edgecnn.runtime.load import load
from edgecnn.spec import ExportSpec, Precision


def main(trained: Path) -> None:
    card = read_card(trained / CARD_NAME)
    if card.model not in SHIPPED:
        sys.exit(f"add {card.model!r} to SHIPPED in edgecnn/models/registry.py first")
    target = ASSETS / card.model
    target.mkdir(parents=True, exist_ok=True)
    if trained.resolve() != target.resolve():
        for name in ("model.keras", CARD_NAME, "history.json"):
            shutil.copyfile(trained / name, target / name)
    macs = multiply_accumulates(load_trained(target / "model.keras")[1])
    card = dataclasses.replace(card, macs=macs, int8=export_int8(card.model, target))
    write_atomic(target / CARD_NAME, card.to_json())
    print(f"{card.model}: {card.test.correct} of {card.test.images} right in float32")
    for file_format, found in card.int8.items():
        print(f"int8 {file_format}: {found.correct} of {found.images} right")


def export_int8(name: str, target: Path) -> dict[str, Score]:
    test = load_full("test")
    with tempfile.TemporaryDirectory() as folder:
        exported = export_model(name, Path(folder) / "artifacts", ExportSpec())
        for entry in exported.manifest.artifacts:
            if entry.precision is Precision.INT8:
                shutil.copyfile(exported.folder / entry.file, target / entry.file)
    scores = {}
    for file in sorted(target.glob(f"{name}-int8.*"), reverse=True):
        scores[file.suffix.removeprefix(".")] = score(load(file).predict(test.images), test)
    return scores


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        main(Path(folder))
