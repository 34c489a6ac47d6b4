"""Make the embedded CIFAR-10 sample in `edgecnn/assets/cifar10` from the full set.

Usage: edgecnn data fetch && python -m tools.release.build_sample
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

from edgecnn.data.cache import load_full
from edgecnn.data.choice import choose_balanced
from edgecnn.data.sample import to_sheet

SEED = 20261123
COUNTS = {"train": 512, "test": 2000}
TARGET = Path(__file__).parents[2] / "edgecnn" / "assets" / "cifar10"


def main() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    records = {}
    for split, count in COUNTS.items():
        full = load_full(split)
        sample = choose_balanced(full, count, SEED)
        assert sample.labels is not None
        content = io.BytesIO()
        Image.fromarray(to_sheet(sample.images)).save(content, "WEBP", lossless=True, quality=100, method=6)
        (TARGET / f"{split}.webp").write_bytes(content.getvalue())
        records[split] = {
            "indices": [int(name.split("/")[1]) for name in sample.ids],
            "labels": sample.labels.tolist(),
            "pixels_sha256": sample.sha256,
        }
        print(f"{split}: {count} images, {len(content.getvalue()):,} bytes, {np.bincount(sample.labels)} a class")
    (TARGET / "sample.json").write_text(json.dumps(records, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
