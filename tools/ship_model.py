"""Put a trained model into the package: the Keras model with its card, and its int8 artifacts.

Usage: edgecnn train --recipe tuned --seed 1 && python tools/ship_model.py runs/tutorial_cnn-tuned
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from edgecnn.export import export_model
from edgecnn.models.card import CARD_NAME, read_card
from edgecnn.spec import ExportSpec, Precision

ASSETS = Path(__file__).parent.parent / "edgecnn" / "assets"


def main(trained: Path) -> None:
    card = read_card(trained / CARD_NAME)
    target = ASSETS / card.model
    target.mkdir(parents=True, exist_ok=True)
    for name in ("model.keras", CARD_NAME, "history.json"):
        shutil.copyfile(trained / name, target / name)
    with tempfile.TemporaryDirectory() as folder:
        exported = export_model(card.model, Path(folder) / "artifacts", ExportSpec(target="x86"))
        for entry in exported.manifest.artifacts:
            if entry.precision is Precision.INT8:
                shutil.copyfile(exported.folder / entry.file, target / entry.file)
                print(f"{entry.file}: {entry.measured.correct} of {entry.measured.images} right")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
