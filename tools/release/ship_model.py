"""Put trained models into the package: the Keras model with its card, and its int8 artifacts.

The weights are rounded to the 11 significant bits of float16, and compressed, which halves the file. The card gets
the accuracy of the shipped model, in float32 and int8, on all 10,000 test images; the full CIFAR-10 must have been
fetched. A model that is already in the package is exported and measured again.

Usage: edgecnn train --recipe tuned --seed 1 && python -m tools.release.ship_model runs/tutorial_cnn-tuned
       python -m tools.release.ship_model edgecnn/assets/tutorial_cnn
"""

from __future__ import annotations

import dataclasses
import io
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from edgecnn.data.cache import load_full
from edgecnn.data.dataset import Dataset
from edgecnn.export import export_model
from edgecnn.files import sha256_file, write_atomic
from edgecnn.models.card import CARD_NAME, read_card
from edgecnn.models.macs import multiply_accumulates
from edgecnn.models.registry import ASSETS, SHIPPED
from edgecnn.models.score import Score, score
from edgecnn.models.trained import load_trained
from edgecnn.runtime.load import load
from edgecnn.spec import ExportSpec

WEIGHTS_NAME = "model.weights.h5"
"""Inside a `.keras` file, which is a zip archive."""
DROPPED_BITS = 23 - 10
"""Bits of float32's mantissa to drop, which leaves those of float16."""
HALF_OF_THE_LAST = 1 << (DROPPED_BITS - 1)
SMALL = 1000
"""Largest data set, in numbers, that is not worth the index of a compressed one."""
BATCH = 500


def main(trained: Path) -> None:
    card = read_card(trained / CARD_NAME)
    if card.model not in SHIPPED:
        sys.exit(f"add {card.model!r} to SHIPPED in edgecnn/models/registry.py first")
    target = ASSETS / card.model
    target.mkdir(parents=True, exist_ok=True)
    if trained.resolve() != target.resolve():
        for name in ("model.keras", CARD_NAME, "history.json"):
            shutil.copyfile(trained / name, target / name)
        write_atomic(target / "model.keras", smaller((target / "model.keras").read_bytes()))
    card = dataclasses.replace(card, sha256=sha256_file(target / "model.keras"))
    write_atomic(target / CARD_NAME, card.to_json())
    model, test = load_trained(target / "model.keras")[1], load_full("test")
    card = dataclasses.replace(
        card,
        macs=multiply_accumulates(model),
        test=score(model.predict(test.images, batch_size=BATCH, verbose=0), test),
        int8=export_int8(card.model, target, test),
    )
    write_atomic(target / CARD_NAME, card.to_json())
    print(f"{card.model}: {card.test.correct} of {card.test.images} right in float32")
    for file_format, result in card.int8.items():
        print(f"int8 {file_format}: {result.correct} of {result.images} right")


def smaller(model: bytes) -> bytes:
    """Return a `.keras` file whose weights have float16's precision and are compressed; all else is unchanged."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(model)) as old, zipfile.ZipFile(made, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            new.writestr(entry, smaller_weights(content) if entry.filename == WEIGHTS_NAME else content)
    return made.getvalue()


def smaller_weights(weights: bytes) -> bytes:
    """Return an HDF5 file with the same groups, attributes and names, its float32 data sets rounded and compressed."""
    made = io.BytesIO()
    with h5py.File(io.BytesIO(weights)) as old, h5py.File(made, "w") as new:
        copy_attributes(old, new)

        def copy(name: str, one: Any) -> None:
            if isinstance(one, h5py.Dataset) and one.dtype == np.float32 and one.ndim:
                packed = (
                    {"chunks": one.shape, "shuffle": True, "compression": "gzip", "compression_opts": 9}
                    if one.size > SMALL
                    else {}
                )
                kept = new.create_dataset(name, data=rounded(one[()]), **packed)
            elif isinstance(one, h5py.Dataset):
                kept = new.create_dataset(name, data=one[()])
            else:
                kept = new.require_group(name)
            copy_attributes(one, kept)

        old.visititems(copy)
    return made.getvalue()


def copy_attributes(old: Any, new: Any) -> None:
    for name, value in old.attrs.items():
        new.attrs[name] = value


def rounded(weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return float32 numbers with the significant bits of float16 and the range of float32."""
    bits = weights.view(np.uint32).astype(np.uint64)
    return ((bits + HALF_OF_THE_LAST) >> DROPPED_BITS << DROPPED_BITS).astype(np.uint32).view(np.float32)


def export_int8(name: str, target: Path, test: Dataset) -> dict[str, Score]:
    with tempfile.TemporaryDirectory() as folder:
        exported = export_model(name, Path(folder) / "artifacts", ExportSpec())
        for entry in exported.manifest.artifacts:
            if entry.precision.is_full_integer:
                shutil.copyfile(exported.folder / entry.file, target / entry.file)
    scores = {}
    for file in sorted(target.glob(f"{name}-int8.*"), reverse=True):
        scores[file.suffix.removeprefix(".")] = score(load(file).predict(test.images), test)
    return scores


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        main(Path(folder))
