"""Measure models on the held-out training images; write docs/evidence/results/held-out.json.

Earlier measurements stay in the file, by the SHA-256 of the weights; a model that neither ships nor has a card among
those tried is printed but not stored. The full CIFAR-10 must have been fetched. `python -m tools.release.fill_results`
turns the file into a table.

Usage: python -m tools.evidence.held_out edgecnn/assets/edge_l
"""

from __future__ import annotations

import dataclasses
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgecnn.files import sha256_file, write_atomic
from edgecnn.models.card import CARD_NAME, ModelCard, read_card
from edgecnn.models.registry import SHIPPED, shipped_folder
from edgecnn.models.score import score
from edgecnn.models.trained import load_trained
from edgecnn.train.split import split_cifar10
from tools.evidence import RESULTS

HELD_OUT = RESULTS / "held-out.json"
TRIED = RESULTS / "tried"
"""Cards of models that ship no longer or never did, since others did better on held-out images."""
BATCH = 500


@dataclass(frozen=True)
class HeldOut:
    """How many of `images` a model gets right, unchanged and mirrored, and its cross-entropy on both, in nats."""

    images: int
    correct: int
    correct_mirrored: int
    loss: float


def tried() -> dict[str, ModelCard]:
    """Return the cards of the models that do not ship, by file name."""
    return {file.stem: read_card(file) for file in sorted(TRIED.glob("*.json"))}


def shipped() -> list[ModelCard]:
    """Return the cards of the models that ship."""
    return [read_card(shipped_folder(name) / CARD_NAME) for name in SHIPPED]


def measure(folder: Path) -> tuple[str, HeldOut]:
    """Return the SHA-256 of the model in a folder, and its results on the held-out images that its card names."""
    card, file = read_card(folder / CARD_NAME), folder / "model.keras"
    apart = split_cifar10(card.cifar10_held_out or 0, card.seed).held_out
    if apart is None:
        sys.exit(f"{folder}: its training held out no images")
    model: Any = load_trained(file)[1]
    plain, mirrored = (
        score(model.predict(images, batch_size=BATCH, verbose=0), apart)
        for images in (apart.images, apart.images[:, :, ::-1])
    )
    loss = round((plain.loss + mirrored.loss) / 2, 4)
    return sha256_file(file), HeldOut(plain.images, plain.correct, mirrored.correct, loss)


def read_held_out() -> dict[str, HeldOut]:
    """Return the stored measurements, by the SHA-256 of the weights."""
    return {sha256: HeldOut(**fields) for sha256, fields in json.loads(HELD_OUT.read_text()).items()}


def main(folders: list[Path]) -> None:
    results = read_held_out() if HELD_OUT.exists() else {}
    for folder in folders:
        sha256, held_out = measure(folder)
        results[sha256] = held_out
        print(f"{folder}: {held_out}")
    known = {card.sha256 for card in (*tried().values(), *shipped())}
    content = {sha256: dataclasses.asdict(held_out) for sha256, held_out in results.items() if sha256 in known}
    write_atomic(HELD_OUT, (json.dumps(content, indent=1) + "\n").encode())


if __name__ == "__main__":
    main([Path(folder) for folder in sys.argv[1:]])
